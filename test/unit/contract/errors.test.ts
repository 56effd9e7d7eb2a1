import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CALL_ERRORS, OUTCOME_ERRORS } from "../../../services/contract/errors.ts";

const page = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");
const [calls = "", outcomes = ""] = page.split(/^## /m).slice(1);

describe("docs/errors.md", () => {
  it("lists the codes of refused calls as they are", () => {
    const codes = Object.entries(CALL_ERRORS);
    expect(rowsOf(calls)).toEqual(
      codes.map(([code, { status, when }]) => [`\`${code}\``, String(status), when]),
    );
  });

  it("lists the codes found in outcomes as they are", () => {
    const codes = Object.entries(OUTCOME_ERRORS);
    expect(rowsOf(outcomes)).toEqual(codes.map(([code, when]) => [`\`${code}\``, when]));
  });
});

describe("CALL_ERRORS", () => {
  it("has the codes and statuses of the contract", () => {
    const statuses = Object.entries(CALL_ERRORS).map(([code, { status }]) => `${status} ${code}`);
    expect(statuses).toEqual([
      "400 INVALID_REQUEST",
      "400 MALFORMED_JSON",
      "400 INVALID_JOB_ID",
      "404 JOB_NOT_FOUND",
      "408 STILL_RUNNING",
      "409 JOB_CONFLICT",
      "409 JOB_SEALED",
      "409 JOB_ENDED",
      "409 JOB_RUNNING",
      "409 APPEND_CONFLICT",
      "409 NOTHING_TO_REDRIVE",
      "409 TASK_SUCCEEDED",
      "409 EVENT_EXISTS",
      "413 REQUEST_TOO_LARGE",
      "422 UNKNOWN_ACTION",
      "422 ACTION_NEEDS_KEY",
      "429 BACKLOG_FULL",
      "501 NOT_IMPLEMENTED",
      "503 CANNOT_CHECK_ACTION",
    ]);
  });
});

// --- internal ---

/** The cells of a section's table, without its head. */
function rowsOf(section: string): string[][] {
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}
