import { Option, type Command } from "commander";
import { connect, FanfoldError, type Client, type Job } from "../../client/index.ts";
import { httpAddress } from "./values.ts";

export interface Connection {
  readonly ingressUrl: string;
}

export const ingressOption = () =>
  new Option("--ingress-url <url>", "where the Restate server takes calls")
    .env("RESTATE_INGRESS_URL")
    .argParser(httpAddress)
    .default("http://127.0.0.1:8080");

/** A client of a server that answers: who has mistyped an address shall not wait to be told. */
export async function openClient({ ingressUrl }: Connection): Promise<Client> {
  const client = connect({ ingressUrl });
  try {
    const answer = await fetch(ingressUrl, { signal: AbortSignal.timeout(FIRST_ANSWER_MS) });
    await answer.body?.cancel();
  } catch (cause) {
    throw new FanfoldError("UNREACHABLE", `No answer from ${ingressUrl}.`, { cause });
  }
  return client;
}

/** Gives a command its `<job>` and its `--ingress-url`. */
export function onJob<Options extends Connection>(
  command: Command,
  run: (job: Job, options: Options) => Promise<void>,
): Command {
  return command
    .argument("<job>", "id of the job")
    .addOption(ingressOption())
    .action(async (id: string, options: Options) =>
      run((await openClient(options)).job(id), options),
    );
}

// --- internal ---

const FIRST_ANSWER_MS = 10_000;
