import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { fileId } from "../../../../clients/cli/items/file-id.ts";
import { readLines } from "../../../../clients/cli/items/lines.ts";
import { openItems } from "../../../../clients/cli/items/open-items.ts";
import { gather } from "../../../support/gather.ts";
import { holdsAsync } from "../../support/property.ts";

const folder = mkdtempSync(join(tmpdir(), "items-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function itemsOf(name: string, content: string | Uint8Array) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return gather(await openItems(path));
}

describe("an NDJSON file", () => {
  it("gives the JSON of each line that is not empty", async () => {
    const lines = ["\uFEFF1", "", '{"a":"b"}\r', "null", '"\u2028"', "[2]"];
    expect(await itemsOf("some.ndjson", lines.join("\n"))).toEqual([
      1,
      { a: "b" },
      null,
      "\u2028",
      [2],
    ]);
  });

  it("may be empty", async () => {
    expect(await itemsOf("empty.jsonl", "")).toEqual([]);
  });

  it.each([
    ['1\n{"a":', /^Line 2 of .*bad\.ndjson is no JSON: /],
    [new Uint8Array([49, 10, 10, 34, 0xff, 34]), /^Line 3 of .*bad\.ndjson is not UTF-8$/],
    ["x".repeat(9_000_000), /^Line 1 of .*bad\.ndjson is longer than 8 MiB$/],
  ])("says in which line it is none", async (content, message) => {
    await expect(itemsOf("bad.ndjson", content)).rejects.toThrow(message);
  });
});

describe("a CSV file", () => {
  it("gives an object of texts for each row", async () => {
    const rows = '\uFEFFid,name\r\n1,"Hopper, Grace"\r\n\r\n2,\r\n';
    expect(await itemsOf("some.csv", rows)).toEqual([
      { id: "1", name: "Hopper, Grace" },
      { id: "2", name: "" },
    ]);
  });

  it.each([
    ["id,name\n1\n", /bad\.csv is no CSV: .*line 2/],
    ['id\n"1\n', /bad\.csv is no CSV: .*Quote/],
    ["id,id\n1,2\n", /header of .*bad\.csv has the field "id" twice/],
  ])("is refused where it is none: %j", async (content, message) => {
    await expect(itemsOf("bad.csv", content)).rejects.toThrow(message);
  });
});

describe("openItems", () => {
  it.each([
    ["users.xlsx", /ends in .ndjson, .jsonl, .csv, or -, got "users.xlsx"/],
    ["missing.csv", /no such file/],
    ["missing.ndjson", /no such file/],
  ])("refuses %s before anything is started", async (path, message) => {
    await expect(openItems(path)).rejects.toThrow(message);
  });
});

describe("readLines", () => {
  it("gives the same lines however the bytes are cut", async () => {
    const texts = fc.array(
      fc.string({ unit: "binary" }).map((text) => text.replaceAll("\n", "")),
      {
        maxLength: 20,
      },
    );
    await holdsAsync(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 7 }), async (lines, size) => {
        const bytes = Buffer.from(lines.map((text) => `${text.toWellFormed()}\n`).join(""));
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        const read = await gather(readLines(Readable.from(chunks), "it"));
        const expected = lines.map((text, at) => ({
          number: at + 1,
          text: text.toWellFormed().replace(/^\uFEFF/, ""),
        }));
        expect(read).toEqual(expected);
      }),
    );
  });
});

describe("fileId", () => {
  it("is the same for one path, another for files of one name, and short enough", () => {
    const long = `${"x".repeat(200)}.ndjson`;
    expect(fileId("a.ndjson")).toBe(fileId("./a.ndjson"));
    expect(fileId("a.ndjson")).toMatch(/^a\.ndjson-[0-9a-f]{16}$/);
    expect(fileId("one/a.ndjson")).not.toBe(fileId("two/a.ndjson"));
    expect(`${fileId(long)}.1000000`.length).toBeLessThanOrEqual(128);
  });
});
