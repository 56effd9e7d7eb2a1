import { expect, it } from "vitest";
import type { FileRecord } from "../../../services/samples/records/record.ts";
import { validateRecord } from "../../../services/samples/records/validate-record.ts";

const ada = {
  id: "7",
  name: " Ada Lovelace ",
  email: "ADA@Example.org",
  country: "gb",
  signedUp: "2026-01-05",
};

async function validate(item: FileRecord) {
  const task = {
    jobId: "job",
    stage: 0,
    index: 0,
    taskId: "job/0/0",
    parent: null,
    origin: 0,
    generation: 1,
    attempt: 1,
    action: "validate_record",
    input: validateRecord.input!.parse({ item }),
  };
  const { signal } = new AbortController();
  return validateRecord.run(task, { signal, log: () => undefined, progress: () => undefined });
}

it("reads a user out of texts, and keeps the line", async () => {
  expect(await validate({ line: 2, record: { ...ada, more: "ignored" } })).toEqual({
    line: 2,
    user: {
      id: 7,
      name: "Ada Lovelace",
      email: "ada@example.org",
      country: "GB",
      signedUp: "2026-01-05",
    },
  });
});

it.each([
  [{ id: "" }, "id must be a whole number"],
  [{ id: 1.5 }, "id must be a whole number"],
  [{ name: "  " }, "name must not be empty"],
  [{ name: undefined }, "name is missing or no text"],
  [{ email: "ada" }, "email must be a mail address"],
  [{ country: "XX" }, "country must be the two letters of a country"],
  [{ country: "Germany" }, "country must be the two letters of a country"],
  [{ signedUp: "2026-02-30" }, "signedUp must be a date as 2026-11-21"],
])("fails a record with %j for good", async (wrong, problem) => {
  await expect(validate({ line: 3, record: { ...ada, ...wrong } })).rejects.toMatchObject({
    name: "TerminalError",
    code: "INVALID_RECORD",
    message: `line 3: ${problem}`,
  });
});

it("says everything that is wrong with a record", async () => {
  const wrong = { ...ada, id: "x", email: "y" };
  await expect(validate({ line: 3, record: wrong })).rejects.toThrow(
    "line 3: id must be a whole number; email must be a mail address",
  );
});

it("fails what could not be read", async () => {
  const item = { line: 4, text: "{", problem: "is no JSON" };
  await expect(validate(item)).rejects.toMatchObject({
    code: "UNREADABLE_RECORD",
    message: "line 4: is no JSON",
  });
});
