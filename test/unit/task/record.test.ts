import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TaskOutcome } from "../../../services/contract/task.ts";
import {
  cancelledLine,
  failedLine,
  isSucceeded,
  lineIndex,
  lineInput,
  lineOrigin,
  lineParent,
  lineStatus,
  parseLine,
  resultText,
  succeededLine,
} from "../../../services/task/record.ts";
import { holds } from "../support/property.ts";

const index = fc.nat({ max: 999_999_999 });
const usual = index.map((origin) => ({
  index: origin,
  origin,
  parent: null,
  emitted: null,
  generation: 1,
}));
const unusual = fc.record({
  index,
  origin: index,
  parent: fc.option(index),
  emitted: fc.option(fc.nat()),
  generation: fc.integer({ min: 1, max: 99 }),
});
const measured = fc.record({
  attempts: fc.nat({ max: 1_000 }),
  startedAt: fc.option(fc.nat()),
  durationMs: fc.option(fc.nat().map((microseconds) => microseconds / 1_000)),
});
const records = fc
  .tuple(fc.oneof(usual, unusual), measured)
  .map(([ids, times]) => ({ ...ids, ...times }));
const errors = fc.record(
  { code: fc.string(), message: fc.string({ unit: "binary" }), stack: fc.string() },
  { requiredKeys: ["code", "message"] },
);
const json = fc.json();

describe("a stored outcome", () => {
  it("is read as it was written when the task succeeded", () => {
    holds(
      fc.property(records, json, (record, result) => {
        const line = succeededLine(record, result);
        expect(resultText(line)).toBe(result);
        expect(lineOrigin(line)).toBe(record.origin);
        expect(isSucceeded(line)).toBe(true);
        expect(lineStatus(line)).toBe("SUCCEEDED");
        expect(parseLine(line, { jobId: "job", stage: 2, startedAt: 1_000 })).toEqual({
          ...shared(record),
          status: "SUCCEEDED",
          result: JSON.parse(result) as unknown,
        });
      }),
      200,
    );
  });

  it("is read as it was written when the task failed", () => {
    holds(
      fc.property(records, errors, json, (record, error, input) => {
        const line = failedLine(record, error, input);
        expect(lineParent(line)).toBe(record.parent);
        expect(lineInput(line)).toEqual(JSON.parse(input));
        expect(isSucceeded(line)).toBe(false);
        expect(lineStatus(line)).toBe("FAILED");
        expect(parseLine(line, { jobId: "job", stage: 2, startedAt: 1_000 })).toEqual({
          ...shared(record),
          status: "FAILED",
          error: JSON.parse(JSON.stringify(error)) as unknown,
          input: JSON.parse(input) as unknown,
        });
      }),
      200,
    );
  });

  it("is one line that says its index", () => {
    holds(
      fc.property(records, errors, fc.string({ unit: "binary" }), (record, error, text) => {
        const lines = [
          succeededLine(record, JSON.stringify(text)),
          failedLine(record, error, JSON.stringify({ text })),
        ];
        for (const line of lines) {
          expect(line).not.toContain("\n");
          expect(lineIndex(line)).toBe(record.index);
          expect(
            TaskOutcome.safeParse(parseLine(line, { jobId: "job", stage: 2, startedAt: 1_000 }))
              .success,
          ).toBe(true);
        }
      }),
    );
  });

  it("shows a cancelled task as such", () => {
    const record = { index: 3, origin: 3, parent: null, emitted: null, generation: 1 };
    const never = { attempts: 0, startedAt: null, durationMs: null };
    const error = { code: "CANCELLED", message: "x" };
    const line = cancelledLine({ ...record, ...never }, error, '{"item":1}');
    expect(line).toBe('[3,"C",0,null,null,{"code":"CANCELLED","message":"x"},{"item":1}]');
    expect(lineStatus(cancelledLine({ ...record, ...never, generation: 2 }, error, "{}"))).toBe(
      "CANCELLED",
    );
    expect(lineStatus(line)).toBe("CANCELLED");
    expect(parseLine(line, { jobId: "job", stage: 0, startedAt: 1_000 })).toMatchObject({
      status: "CANCELLED",
      attempts: 0,
      startedAt: null,
      durationMs: null,
      error: { code: "CANCELLED" },
      input: { item: 1 },
    });
  });
});

// --- internal ---

/** The fields that every outcome of stage 2 has. */
function shared({
  parent,
  emitted,
  startedAt,
  ...record
}: {
  readonly index: number;
  readonly startedAt: number | null;
  readonly parent: number | null;
  readonly emitted: number | null;
}) {
  return {
    ...record,
    startedAt: startedAt === null ? null : startedAt + 1_000,
    jobId: "job",
    stage: 2,
    taskId: `job/2/${record.index}`,
    parent: parent === null ? null : `job/1/${parent}`,
    ...(emitted === null ? {} : { emitted }),
  };
}
