import { open } from "node:fs/promises";
import { connect, isFanfoldError } from "fanfold/client";
import { countWords } from "./word-count.ts";

/** What docs/guides/client.md shows: the words of a file's lines, counted while the file is read. */
const [path = "README.md", jobId = "words"] = process.argv.slice(2);
const client = connect({
  ingressUrl: process.env["RESTATE_INGRESS_URL"] ?? "http://127.0.0.1:8080",
});

const job = await client.submit({
  jobId,
  action: countWords,
  open: true,
  fold: { stats: { path: "words" } },
});

const file = await open(path);
const lines = file.readLines();
try {
  const { accepted } = await job.append(lines, { as: "line", id: path });
  console.log(`${accepted} lines`);
} catch (error) {
  if (!isFanfoldError(error, "APPEND_CONFLICT")) throw error;
  console.log(`Job ${job.id} has got another ${path}.`);
  process.exit(1);
}
await job.seal();

for await (const { status, stages } of job.watch({ everyMs: 200 })) {
  console.log(`${status} ${stages[0]?.percent} %`);
}

const { result } = await job.outcome();
const longest = result.max;
console.log(`${result.sum} words, ${result.max} in the longest line`);

for await (const { index, result } of job.results({ status: "SUCCEEDED" })) {
  if (result?.words === longest) console.log(`line ${index + 1}: ${result.words} words`);
}
