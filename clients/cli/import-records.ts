import "../../services/node-version.ts";
import { randomUUID } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import type { TaskOutcome } from "../../services/contract/task.ts";
import { connect } from "../client/index.ts";
import { count, seconds } from "./render/numbers.ts";
import { progressWriter } from "./render/progress-writer.ts";
import { importRecords, recordOutcomes } from "./records/import.ts";

const usage = "npm run import-records -- users.csv [--job id] [--ingress-url url]";

try {
  await run();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

// --- internal ---

async function run(): Promise<void> {
  const { positionals, values } = parse();
  const [path] = positionals;
  if (path === undefined || positionals.length > 1) throw new Error(`Usage: ${usage}`);
  const jobId = values.job ?? `import-${randomUUID()}`;
  const client = connect({ ingressUrl: values["ingress-url"] });

  const progress = progressWriter(process.stderr);
  const outcome = await importRecords({
    client,
    path,
    jobId,
    onStart: () => say(`Job ${jobId}: if this is interrupted, --job ${jobId} goes on with it.`),
    onProgress: (status) => progress.show(status),
  });
  progress.end();

  let stored = 0;
  let others = 0;
  const lines = async function* () {
    for await (const record of recordOutcomes(client.job(jobId), outcome)) {
      if (record.status === "SUCCEEDED") stored += 1;
      else others += 1;
      yield `${JSON.stringify(shown(record))}\n`;
    }
  };
  await pipeline(Readable.from(lines()), process.stdout, { end: false });
  say(
    `Job ${jobId} ${outcome.status} in ${seconds(outcome.tookMs)}: ${count(stored)} stored, ${count(others)} not`,
  );
  process.exitCode = others > 0 ? 2 : 0;
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        job: { type: "string" },
        "ingress-url": {
          type: "string",
          default: process.env["RESTATE_INGRESS_URL"] ?? "http://127.0.0.1:8080",
        },
      },
    });
  } catch (cause) {
    const [sentence] = (cause as Error).message.split(/\.\s/);
    throw new Error(`${sentence}. Usage: ${usage}`, { cause });
  }
}

/** One record's end: what was stored, or what is wrong with what. */
function shown({ origin, status, result, error, input }: TaskOutcome) {
  const record = origin + 1;
  if (status === "SUCCEEDED") return { record, status, result };
  return { record, status, error: { code: error?.code, message: error?.message }, input };
}

function say(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
