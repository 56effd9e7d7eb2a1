import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRecords, recordFormat } from "../../../clients/cli/records/read-file.ts";
import { gather } from "../../support/gather.ts";

const folder = mkdtempSync(join(tmpdir(), "read-file-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every record of a file with this content. */
async function read(name: string, content: string) {
  const path = join(folder, name);
  writeFileSync(path, content);
  const file = await open(path);
  try {
    return await gather(readRecords(file, recordFormat(path)));
  } finally {
    await file.close();
  }
}

describe("a CSV file", () => {
  it.each(["\n", "\r\n", "\r"])("gives a record for each row, ended by %j", async (end) => {
    const rows = ["\uFEFFid,name", "1,Ada", "", '2,"Hopper, Grace"'];
    expect(await read("rows.csv", rows.join(end))).toEqual([
      { line: 2, record: { id: "1", name: "Ada" } },
      { line: 4, record: { id: "2", name: "Hopper, Grace" } },
    ]);
  });

  it("tells the line in which a row begins", async () => {
    const records = await read("lines.csv", 'id,name\n1,"two\nlines"\n\n2,Ada\n');
    expect(records).toEqual([
      { line: 2, record: { id: "1", name: "two\nlines" } },
      { line: 5, record: { id: "2", name: "Ada" } },
    ]);
  });

  it("gives a row with too many or too few fields as unreadable, and goes on", async () => {
    expect(await read("broken.csv", "id,name\n1,a,b\n2\n3,Ada\n")).toEqual([
      { line: 2, text: "1,a,b", problem: "has 3 fields where the header has 2" },
      { line: 3, text: "2", problem: "has 1 fields where the header has 2" },
      { line: 4, record: { id: "3", name: "Ada" } },
    ]);
  });

  it("keeps every row before a quote that is never closed, and says that it read no further", async () => {
    expect(await read("quote.csv", 'id,name\n1,5"\n2,"open\n3,Ada\n')).toEqual([
      { line: 2, record: { id: "1", name: '5"' } },
      {
        line: 3,
        text: '2,"open\n3,Ada',
        problem: "has a quote that is never closed; nothing after it was read",
      },
    ]);
  });

  it("reads nothing after a quote that is open for far too long", async () => {
    const row = (n: number) => (n === 500 ? `${n},"open` : `${n},name ${n}`);
    const rows = Array.from({ length: 30_000 }, (_, n) => row(n));
    const records = await read("long.csv", ["id,name", ...rows].join("\n"));
    expect(records).toHaveLength(501);
    expect(records.at(-1)).toMatchObject({
      line: 502,
      problem: "is longer than 128000 characters; nothing after it was read",
    });
  });

  it("may be empty", async () => {
    expect(await read("empty.csv", "")).toEqual([]);
    expect(await read("header.csv", "id,name\n")).toEqual([]);
  });

  it("is refused when two fields have one name", async () => {
    await expect(read("twice.csv", "id,id\n1,2\n")).rejects.toThrow('the field "id" twice');
  });

  it("is refused when it is a folder", async () => {
    const file = await open(folder);
    await expect(gather(readRecords(file, "csv"))).rejects.toThrow("EISDIR");
  });
});

describe("an NDJSON file", () => {
  it("gives a record for each line, and what is none as unreadable", async () => {
    const lines = ['\uFEFF{"id":1}', "", '{"id":', "[2]", "null", '{"id":3}'];
    expect(await read("lines.ndjson", lines.join("\r\n"))).toEqual([
      { line: 1, record: { id: 1 } },
      { line: 3, text: '{"id":', problem: "is no JSON" },
      { line: 4, text: "[2]", problem: "is no JSON object" },
      { line: 5, text: "null", problem: "is no JSON object" },
      { line: 6, record: { id: 3 } },
    ]);
  });

  it("shows the beginning of a line that is too long", async () => {
    const [record] = await read("long.jsonl", `{"id":"${"x".repeat(200_000)}"}`);
    expect(record).toMatchObject({ line: 1, problem: "is longer than 128000 characters" });
    expect(record).toHaveProperty("text", `{"id":"${"x".repeat(193)}`);
  });
});

it.each(["users.xlsx", "users", "csv"])("%s is neither", (path) => {
  expect(() => recordFormat(path)).toThrow("expected a file that ends in .csv, .ndjson, .jsonl");
});
