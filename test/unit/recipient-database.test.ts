import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  buildRecipientDatabase,
  recipientPages,
} from "../../services/samples/campaign/recipient-database.ts";
import { Recipient } from "../../services/samples/campaign/recipient.ts";

let folder: string;
let readPage: ReturnType<typeof recipientPages>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recipients-test-"));
  const file = join(folder, "recipients.db");
  buildRecipientDatabase(file, { targetList: 42, count: 25 });
  readPage = recipientPages(file);
});

afterAll(() => rmSync(folder, { recursive: true }));

it("gives every recipient on exactly one page", () => {
  const pages = [1, 2, 3, 4].map((page) => readPage({ targetList: 42, page, perPage: 10 }));
  expect(pages.map(({ length }) => length)).toEqual([10, 10, 5, 0]);
  expect(new Set(pages.flat().map(({ email }) => email)).size).toBe(25);
  for (const recipient of pages.flat()) expect(Recipient.parse(recipient)).toEqual(recipient);
});

it("knows nobody on another list", () => {
  expect(readPage({ targetList: 43, page: 1, perPage: 10 })).toEqual([]);
});
