import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../../../services/task/executor/clock.ts";
import { turn } from "../../../../services/task/executor/turn.ts";

describe("a turn of the event loop", () => {
  it("ends after all promises that were ready, and calls who asked for that in order", async () => {
    const called: string[] = [];
    turn.soon(() => called.push("first"));
    turn.soon(() => called.push("second"));
    for (let tick = 0; tick < 100; tick += 1) await Promise.resolve();
    expect(called).toEqual([]);
    expect(turn.isQuiet).toBe(false);
    await setImmediate();
    expect(called).toEqual(["first", "second"]);
    expect(turn.isQuiet).toBe(true);
  });

  it("is in nobody's context", async () => {
    const context = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    context.run("somebody's", () => turn.soon(() => seen.push(context.getStore())));
    await setImmediate();
    expect(seen).toEqual([undefined]);
  });

  it("has time for tasks, and when that is used up the next one has", async () => {
    await setImmediate();
    const from = systemClock.now();
    let hasResumed = false;
    const resume = () => {
      hasResumed = true;
    };
    expect(turn.hasTime(from, resume)).toBe(true);
    expect(turn.hasTime(from + 1, resume)).toBe(true);
    expect(turn.hasTime(from + 10, resume)).toBe(false);
    expect(hasResumed).toBe(false);
    await setImmediate();
    expect(hasResumed).toBe(true);
    expect(turn.hasTime(from + 10, resume)).toBe(true);
  });
});
