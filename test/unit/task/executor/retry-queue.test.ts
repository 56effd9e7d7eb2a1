import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RetryQueue } from "../../../../services/task/executor/retry-queue.ts";
import { untried } from "../../support/executions.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { holdsAsync } from "../../support/property.ts";

describe("RetryQueue", () => {
  it("gives tasks in the order in which they become ready, ties as they came", async () => {
    const clock = new FakeClock(0);
    const queue = new RetryQueue(clock, () => undefined);
    for (const [index, readyAt] of [30, 10, 20, 10].entries()) {
      queue.add({ ...untried(index), readyAt });
    }
    expect(queue.nextAt).toBe(10);
    expect(queue.takeReady(9)).toBeUndefined();
    const taken = [1, 2, 3, 4].map(() => queue.takeReady(30)?.index);
    expect(taken).toEqual([1, 3, 2, 0]);
    expect(queue.size).toBe(0);
    expect(queue.nextAt).toBeNull();
  });

  it("wakes again for a task that becomes ready just after an early timer", () => {
    let now = 0;
    let ring = () => undefined as void;
    let timers = 0;
    const clock = {
      // Time goes on while it is looked at.
      now: () => (now += 0.4),
      timer: (_: number, wake: () => void) => {
        timers += 1;
        ring = wake;
        return () => undefined;
      },
    };
    const taken: unknown[] = [];
    const queue = new RetryQueue(clock, () => taken.push(queue.takeReady(clock.now())?.index));
    queue.add({ ...untried(7), readyAt: 10 });
    now = 9.3;
    for (let rung = 0; rung < timers; rung += 1) ring();
    expect(taken).toContain(7);
  });

  it("wakes for every task at its time, whoever is taken when", async () => {
    const steps = fc.array(
      fc.record({ after: fc.nat({ max: 50 }), delay: fc.integer({ min: 1, max: 200 }) }),
      { minLength: 1, maxLength: 30 },
    );
    await holdsAsync(
      fc.asyncProperty(steps, fc.nat({ max: 3 }), async (added, slots) => {
        const clock = new FakeClock(0);
        const wakes: number[] = [];
        const queue = new RetryQueue(clock, () => {
          wakes.push(clock.now());
          for (let free = slots; free > 0; free -= 1) queue.takeReady(clock.now());
        });
        const due = new Set<number>();
        for (const [index, { after, delay }] of added.entries()) {
          await clock.advance(after);
          const readyAt = clock.now() + delay;
          due.add(readyAt);
          queue.add({ ...untried(index), readyAt });
        }
        await clock.advance(1_000);
        expect(new Set(wakes)).toEqual(due);
        expect(clock.alarms).toBe(0);
      }),
      40,
    );
  });

  it("wakes nobody after it was stopped", async () => {
    const clock = new FakeClock(0);
    let wakes = 0;
    const queue = new RetryQueue(clock, () => (wakes += 1));
    queue.add({ ...untried(0), readyAt: 10 });
    queue.stop();
    await clock.advance(100);
    expect(wakes).toBe(0);
    expect(clock.alarms).toBe(0);
  });
});
