import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it } from "vitest";
import { importRecords, recordOutcomes } from "../../clients/cli/records/import.ts";
import { connect } from "../../clients/client/index.ts";
import { sampleServices, samples } from "../../services/samples/index.ts";
import { gather } from "../support/gather.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const folder = mkdtempSync(join(tmpdir(), "fanfold-records-"));
afterAll(() => rmSync(folder, { recursive: true }));
const database = join(folder, "users.db");
process.env["FANFOLD_RECORDS_DB"] = database;

const { ingressUrl, job, newJobId } = await startTestFanfold({
  actions: samples,
  services: sampleServices,
});

const client = connect({ ingressUrl });

/** Runs the command to its end. */
function runCommand(...args: string[]) {
  const entry = join(import.meta.dirname, "../../clients/cli/import-records.ts");
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    const command = [entry, "--ingress-url", ingressUrl, ...args];
    const child = execFile(process.execPath, command, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr });
    });
  });
}

/** Imports a file in this process; the answer is what became of each record. */
async function imported(path: string, jobId: string) {
  const nothing = () => undefined;
  const calls = { onStart: nothing, onProgress: nothing };
  const outcome = await importRecords({ client, path, jobId, ...calls });
  return { outcome, records: await gather(recordOutcomes(client.job(jobId), outcome)) };
}

function fileOf(name: string, lines: readonly string[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.join("\n"));
  return path;
}

function stored(jobId: string): unknown[] {
  const opened = new DatabaseSync(database, { readOnly: true });
  const select = "SELECT id, name, country_name, cohort, line FROM users WHERE job = ? ORDER BY id";
  const rows = opened.prepare(select).all(jobId);
  opened.close();
  return rows;
}

const user = (id: number) => `${id},User ${id},user.${id}@example.org,DE,2026-05-17`;
const header = "id,name,email,country,signedUp";

it("prints every row's end in the order of the file, and stores the valid ones", async () => {
  const path = fileOf("some.csv", [
    header,
    user(1),
    "2,Grace Hopper,grace@navy.mil,US,2026-01-05",
    "3,Nobody,no address,XX,2026-01-05",
    "4,too few",
    '5,"of two',
    'lines",five@example.org,FR,2026-12-31',
  ]);
  const jobId = newJobId();
  const { code, stdout, stderr } = await runCommand(path, "--job", jobId);

  const records = stdout.split("\n").filter(Boolean);
  expect(records.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    {
      record: 1,
      status: "SUCCEEDED",
      result: {
        line: 2,
        user: { id: 1, countryName: "Germany", domain: "example.org", cohort: "2026-Q2" },
      },
    },
    { record: 2, status: "SUCCEEDED", result: { line: 3 } },
    {
      record: 3,
      status: "FAILED",
      error: {
        code: "INVALID_RECORD",
        message:
          "line 4: email must be a mail address; country must be the two letters of a country",
      },
      input: { item: { record: { name: "Nobody" } } },
    },
    {
      record: 4,
      status: "FAILED",
      error: {
        code: "UNREADABLE_RECORD",
        message: "line 5: has 2 fields where the header has 5",
      },
      input: { item: { text: "4,too few" } },
    },
    { record: 5, status: "SUCCEEDED", result: { line: 6, user: { name: "of two\nlines" } } },
  ]);
  expect(stored(jobId)).toMatchObject([
    { id: 1, country_name: "Germany", cohort: "2026-Q2", line: 2 },
    { id: 2, country_name: "United States", cohort: "2026-Q1", line: 3 },
    { id: 5, country_name: "France", cohort: "2026-Q4", line: 6 },
  ]);
  expect(code).toBe(2);
  expect(stderr).toContain(`Job ${jobId} SUCCEEDED`);
  expect(stderr).toContain("3 stored, 2 not");
});

it("goes on in a job that has some of an NDJSON file already", async () => {
  // A MiB is the most that one append brings: these are several.
  const note = "x".repeat(100_000);
  const line = (id: number) => {
    const email = `user.${id}@example.org`;
    return JSON.stringify({ id, name: "Ada", email, country: "GB", signedUp: "2026-02-01", note });
  };
  const lines = Array.from({ length: 29 }, (_, at) => line(at + 1));
  const path = fileOf("many.ndjson", [...lines, '{"id":']);
  const jobId = newJobId();
  const first = await imported(path, jobId);
  const again = await imported(path, jobId);

  expect(first.records.map(({ origin }) => origin)).toEqual([...Array(30).keys()]);
  expect(first.records.at(-1)?.error?.message).toBe("line 30: is no JSON");
  expect(again).toEqual(first);
  expect(stored(jobId)).toHaveLength(29);
  expect(first.outcome.stages).toMatchObject([
    { taskCounts: { total: 30, SUCCEEDED: 29, FAILED: 1 } },
    { taskCounts: { total: 29, SUCCEEDED: 29 } },
    { taskCounts: { total: 29, SUCCEEDED: 29 } },
  ]);
});

it("has nothing to do with an empty file", async () => {
  const { outcome, records } = await imported(fileOf("empty.csv", []), newJobId());
  expect(outcome.status).toBe("SUCCEEDED");
  expect(records).toEqual([]);
});

it("refuses a job that has got another file", async () => {
  const jobId = newJobId();
  await imported(fileOf("one.csv", [header, user(1)]), jobId);
  const other = imported(fileOf("two.csv", [header, user(2)]), jobId);
  await expect(other).rejects.toThrow('Append "file.1" was used with other content.');
});

it.each([
  ["missing.csv", "no such file"],
  ["users.xlsx", "expected a file that ends in .csv, .ndjson, .jsonl"],
  ["twice.csv", 'The header has the field "id" twice.'],
])("says in a sentence what is wrong with %s, and starts nothing", async (name, sentence) => {
  if (name === "twice.csv") fileOf(name, ["id,id", "1,2"]);
  const jobId = newJobId();
  await expect(imported(join(folder, name), jobId)).rejects.toThrow(sentence);
  await expect(job(jobId).status()).rejects.toThrow("JOB_NOT_FOUND");
});
