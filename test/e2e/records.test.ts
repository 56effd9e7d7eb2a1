import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, describe, expect, it } from "vitest";
import { sampleServices, samples } from "../../services/samples/index.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const folder = mkdtempSync(join(tmpdir(), "fanfold-records-"));
afterAll(() => rmSync(folder, { recursive: true }));
const database = join(folder, "users.db");
process.env["FANFOLD_RECORDS_DB"] = database;

const { ingressUrl, job, newJobId } = await startTestFanfold({
  actions: samples,
  services: sampleServices,
});

interface Run {
  readonly code: number | null;
  readonly stderr: string;
  readonly records: Record<string, unknown>[];
}

/** Runs the command to its end. */
function importRecords(path: string, ...flags: string[]): Promise<Run> {
  const entry = join(import.meta.dirname, "../../clients/cli/import-records.ts");
  const args = [entry, path, "--ingress-url", ingressUrl, ...flags];
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, (_error, stdout, stderr) => {
      const records = stdout.split("\n").filter(Boolean);
      resolve({
        code: child.exitCode,
        stderr,
        records: records.map((line) => JSON.parse(line) as Record<string, unknown>),
      });
    });
  });
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

describe("npm run import-records", () => {
  it("stores the valid rows of a CSV file and gives every row's end in the order of the file", async () => {
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
    const { code, records, stderr } = await importRecords(path, "--job", jobId);

    expect(records).toMatchObject([
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
    const line = (id: number) => {
      const email = `user.${id}@example.org`;
      return JSON.stringify({ id, name: "Ada", email, country: "GB", signedUp: "2026-02-01" });
    };
    const path = fileOf("many.ndjson", [
      ...Array.from({ length: 1_999 }, (_, at) => line(at + 1)),
      '{"id":',
    ]);
    const jobId = newJobId();
    const first = await importRecords(path, "--job", jobId);
    const again = await importRecords(path, "--job", jobId);

    expect(first.records.map(({ record }) => record)).toEqual(
      Array.from({ length: 2_000 }, (_, at) => at + 1),
    );
    expect(first.records.at(-1)).toMatchObject({
      status: "FAILED",
      error: { message: "line 2000: is no JSON" },
    });
    expect(again.records).toEqual(first.records);
    expect(stored(jobId)).toHaveLength(1_999);
    expect(await job(jobId).status()).toMatchObject({
      stages: [
        { counts: { total: 2_000, succeeded: 1_999, failed: 1 } },
        { counts: { total: 1_999, succeeded: 1_999 } },
        { counts: { total: 1_999, succeeded: 1_999 } },
      ],
    });
  });

  it("has nothing to do with an empty file", async () => {
    const { code, records, stderr } = await importRecords(fileOf("empty.csv", []));
    expect({ code, records }).toEqual({ code: 0, records: [] });
    expect(stderr).toContain("SUCCEEDED");
  });

  it("refuses a job that has got another file", async () => {
    const jobId = newJobId();
    await importRecords(fileOf("one.csv", [header, user(1)]), "--job", jobId);
    const other = await importRecords(fileOf("two.csv", [header, user(2)]), "--job", jobId);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain(`Job/${jobId}/append answered 409`);
  });

  it.each([
    ["missing.csv", "no such file"],
    ["users.xlsx", "expected a file that ends in .csv, .ndjson, .jsonl"],
    ["twice.csv", 'The header has the field "id" twice.'],
  ])("says in a sentence what is wrong with %s, and starts nothing", async (name, sentence) => {
    if (name === "twice.csv") fileOf(name, ["id,id", "1,2"]);
    const jobId = newJobId();
    const { code, stderr } = await importRecords(join(folder, name), "--job", jobId);
    expect(code).toBe(1);
    expect(stderr).toContain(sentence);
    await expect(job(jobId).status()).rejects.toThrow("JOB_NOT_FOUND");
  });
});
