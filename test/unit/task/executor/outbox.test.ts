import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../../services/contract/limits.ts";
import { Outbox } from "../../../../services/task/executor/outbox.ts";
import { untried } from "../../support/executions.ts";
import { holds } from "../../support/property.ts";

describe("Outbox", () => {
  it("hands out every outcome once, in order, in groups of 500 and 1 MiB at most", () => {
    const sizes = fc.array(fc.oneof(fc.nat({ max: 500 }), fc.nat({ max: 2_000_000 })), {
      maxLength: 40,
    });
    holds(
      fc.property(sizes, (lengths) => {
        const outbox = new Outbox("group");
        for (const [index, length] of lengths.entries())
          keep(outbox, `${index} ${"x".repeat(length)}`);
        const lines: string[] = [];
        while (!outbox.isEmpty) {
          const group = outbox.take(0);
          const bytes = Buffer.byteLength(group.lines.join(""));
          expect(group.outcomes).toBeGreaterThan(0);
          expect(group.outcomes).toBeLessThanOrEqual(LIMITS.commitOutcomes);
          if (group.outcomes > 1) expect(bytes).toBeLessThanOrEqual(LIMITS.commitBytes);
          lines.push(...group.lines);
        }
        expect(lines.map((line) => Number.parseInt(line, 10))).toEqual([...lengths.keys()]);
        expect(outbox.isFull).toBe(false);
      }),
      50,
    );
  });

  it("is full with 500 outcomes, with 1 MiB, or with one if each is to be durable on its own", () => {
    const many = new Outbox("group");
    for (let index = 0; index < 499; index += 1) keep(many, "x");
    expect(many.isFull).toBe(false);
    keep(many, "x");
    expect(many.isFull).toBe(true);
    const large = new Outbox("group");
    keep(large, "漢".repeat(LIMITS.commitBytes / 3 + 1));
    expect(large.isFull).toBe(true);
    const single = new Outbox("task");
    keep(single, "x");
    expect(single.isFull).toBe(true);
  });

  it("counts what was taken as not durable until it is acknowledged", () => {
    const outbox = new Outbox("group");
    keep(outbox, "x", { at: 10 });
    outbox.take(20);
    keep(outbox, "y", { at: 30 });
    expect(outbox.unacknowledged).toBe(2);
    expect(outbox.oldestAt(99)).toBe(20);
    outbox.acknowledge();
    expect(outbox.unacknowledged).toBe(1);
    expect(outbox.oldestAt(99)).toBe(30);
  });

  it("says since when something waits", () => {
    const outbox = new Outbox("task");
    expect(outbox.unsavedSince).toBeNull();
    outbox.keepRetry(untried(0), 5);
    keep(outbox, "x", { at: 10 });
    keep(outbox, "y", { at: 20 });
    expect(outbox.unsavedSince).toBe(5);
    outbox.take(30);
    expect(outbox.unsavedSince).toBe(20);
    outbox.take(30);
    expect(outbox.unsavedSince).toBeNull();
  });

  it("adds up what tasks have cost since the last group", () => {
    const outbox = new Outbox("group");
    outbox.spend(0.1);
    outbox.spend(0.2);
    expect(outbox.take(0).taskMs).toBe(0.3);
    expect(outbox.take(0).taskMs).toBe(0);
  });

  it("puts emission lines of all behind the outcomes as soon as one task said so itself", () => {
    const outbox = new Outbox("group");
    keep(outbox, succeeded(0, '"a"'));
    keep(outbox, succeeded(1, "null"), { emission: ['{"n":2,"p":1,"o":1}'], emitted: 2 });
    keep(outbox, succeeded(2, "null"), { emission: [], emitted: 0 });
    keep(outbox, '[3,"F",1,0,0,{},null]', { status: "FAILED", emitted: 0 });
    keep(outbox, '[4,"C",1,0,0,{},null]', { status: "CANCELLED", emitted: 0 });
    const group = outbox.take(0);
    expect(group).toMatchObject({ outcomes: 5, succeeded: 3, failed: 1, cancelled: 1 });
    expect(group.passes).toBe("lines");
    expect(group.lines.slice(5)).toEqual([
      '{"n":1,"p":0,"o":0,"as":"item","v":["a"]}',
      '{"n":2,"p":1,"o":1}',
    ]);
  });
});

// --- internal ---

function keep(
  outbox: Outbox,
  line: string,
  more: Partial<Parameters<Outbox["keep"]>[0]> = {},
): void {
  outbox.keep({ status: "SUCCEEDED", at: 0, line, emission: null, emitted: 1, ...more });
}

function succeeded(index: number, json: string): string {
  return `[${index},"s",1,0,0,${index},null,1,1,${json}]`;
}
