import type { CliCommand } from "../command.ts";

export const up: CliCommand = {
  name: "up",
  group: "Run",
  summary: "Start a Restate server and a worker, until Ctrl-C",
  description:
    "The worker has the samples, and every action and fold that the modules export. Data is kept in .fanfold; " +
    "ports and folders are set by the environment: FANFOLD_INGRESS_PORT, FANFOLD_ADMIN_PORT, " +
    "FANFOLD_NODE_PORT, FANFOLD_ENDPOINT_PORT, FANFOLD_DATA_DIR, FANFOLD_PUBLIC_URL.",
  examples: [
    { line: "fanfold up examples/word-count.ts", does: "with actions of one's own", exits: 130 },
  ],
  define: (command) =>
    command
      .argument("[modules...]", "files that export actions")
      .action(async (modules: readonly string[]) => (await import("../servers/up.ts")).up(modules)),
};
