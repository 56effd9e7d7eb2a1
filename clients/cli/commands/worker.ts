import { Option } from "commander";
import type { CliCommand } from "../command.ts";
import type { WorkerOptions } from "../servers/worker.ts";
import { ingressOption } from "../shared/connection.ts";
import { httpAddress } from "../shared/values.ts";

export const worker: CliCommand = {
  name: "worker",
  group: "Run",
  summary: "Start a worker for a server that is there already, until Ctrl-C",
  description:
    "Registers itself with the server. It listens on 127.0.0.1:9080 unless FANFOLD_ENDPOINT_HOST and " +
    "FANFOLD_ENDPOINT_PORT say otherwise, and serves whoever signs with a key of FANFOLD_IDENTITY_KEYS.",
  examples: [
    {
      line: "fanfold worker examples/word-count.ts --admin-url $RESTATE_ADMIN_URL",
      does: "with actions of one's own",
      exits: 130,
    },
  ],
  define: (command) =>
    command
      .argument("[modules...]", "files that export actions")
      .option("--samples", "have the samples too")
      .addOption(
        new Option("--admin-url <url>", "where the Restate server is administered")
          .env("RESTATE_ADMIN_URL")
          .argParser(httpAddress)
          .default("http://127.0.0.1:9070"),
      )
      .addOption(ingressOption())
      .option(
        "--endpoint-url <url>",
        "where the server finds this worker, if not by 127.0.0.1",
        httpAddress,
      )
      .action(async (modules: readonly string[], options: WorkerOptions) =>
        (await import("../servers/worker.ts")).work(modules, options),
      ),
};
