import { expect, it } from "vitest";
import { JournaledClock } from "../../../../services/task/calls/journaled-clock.ts";

it("rings what is due when it is moved on, the earliest first", () => {
  const clock = new JournaledClock(1_000);
  const rung: string[] = [];
  clock.timer(300, () => rung.push("c"));
  clock.timer(100, () => rung.push("a"));
  clock.timer(200, () => rung.push("b"));
  expect(clock.nextAt).toBe(1_100);
  clock.moveTo(1_200);
  expect(rung).toEqual(["a", "b"]);
  expect(clock.now()).toBe(1_200);
  expect(clock.nextAt).toBe(1_300);
});

it("rings no alarm that was cancelled, be it by another alarm", () => {
  const clock = new JournaledClock(0);
  const rung: string[] = [];
  const cancel = clock.timer(20, () => rung.push("late"));
  clock.timer(10, () => {
    rung.push("early");
    cancel();
  });
  clock.moveTo(50);
  expect(rung).toEqual(["early"]);
  expect(clock.nextAt).toBe(Infinity);
});

it("never goes back", () => {
  const clock = new JournaledClock(500);
  clock.moveTo(400);
  expect(clock.now()).toBe(500);
});
