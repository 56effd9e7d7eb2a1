import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, it } from "vitest";
import { openUserDatabase, type UserRow } from "../../../services/samples/records/user-database.ts";

const folder = mkdtempSync(join(tmpdir(), "users-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function openDatabase() {
  const file = join(folder, `${++files}.db`);
  const { store } = openUserDatabase(file);
  const names = () => {
    const database = new DatabaseSync(file, { readOnly: true });
    const rows = database.prepare("SELECT name FROM users ORDER BY id").all();
    database.close();
    return rows.map(({ name }) => name);
  };
  return { store, names };
}

const row = (id: number, name: string, { line = 2, job = "job" } = {}): UserRow => ({
  job,
  line,
  user: {
    id,
    name,
    email: "ada@example.org",
    country: "GB",
    signedUp: "2026-01-05",
    countryName: "United Kingdom",
    domain: "example.org",
    cohort: "2026-Q1",
  },
});

it("has stored a row when it says so, also again", async () => {
  const { store, names } = openDatabase();
  await Promise.all([store(row(1, "Ada")), store(row(2, "Grace"))]);
  expect(names()).toEqual(["Ada", "Grace"]);
  await store(row(1, "Ada"));
  expect(names()).toEqual(["Ada", "Grace"]);
});

it.each([
  [2, 3],
  [3, 2],
])("keeps the later line of a job when they come as %i, %i", async (...lines) => {
  const { store, names } = openDatabase();
  for (const line of lines) await store(row(1, `line ${line}`, { line }));
  expect(names()).toEqual(["line 3"]);
});

it("replaces what another job has stored", async () => {
  const { store, names } = openDatabase();
  await store(row(1, "old", { line: 9, job: "first" }));
  await store(row(1, "new", { line: 2, job: "second" }));
  expect(names()).toEqual(["new"]);
});

it("stores none of a turn's rows when one cannot be, and says so of each", async () => {
  const { store, names } = openDatabase();
  const wrong = { ...row(2, "x"), job: null as unknown as string };
  const settled = await Promise.allSettled([store(row(1, "Ada")), store(wrong)]);
  expect(settled.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(names()).toEqual([]);
  await store(row(1, "Ada"));
  expect(names()).toEqual(["Ada"]);
});
