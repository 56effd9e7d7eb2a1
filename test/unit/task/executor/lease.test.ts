import { beforeEach, describe, expect, it } from "vitest";
import type { Limits } from "../../../../services/limits/core/lease.ts";
import { Lease, type Grant, type LimiterRef } from "../../../../services/task/executor/lease.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const slots = limiter({ concurrency: 8, rate: null });
const rate = limiter({ concurrency: null, rate: { tasks: 100, perMs: 1_000 } }, "rate");

let clock: FakeClock;
let resumed: number;

beforeEach(() => {
  clock = new FakeClock();
  resumed = 0;
});

describe("a lease of slots", () => {
  it("begins with none and asks at once", () => {
    const lease = leaseOf(slots);
    expect(lease.heldBy(clock.now(), 0)).toBe("limiter");
    expect(lease.askAt(demand({ waiting: 5 }))).toBeLessThanOrEqual(clock.now());
    expect(lease.ask(demand({ waiting: 5, most: 3 }), 1_000)).toEqual({
      limiters: [slots],
      holds: 0,
      needs: 5,
      most: 3,
      starts: 0,
      beatMs: 1_000,
    });
  });

  it("does not ask when nothing waits", () => {
    expect(leaseOf(slots).askAt(demand({}))).toBe(Infinity);
  });

  it("lets as many run as were granted", () => {
    const lease = granted(leaseOf(slots), { slots: 2 });
    expect(lease.heldBy(clock.now(), 1)).toBeNull();
    expect(lease.heldBy(clock.now(), 2)).toBe("limiter");
  });

  it("is renewed every half second while tasks wait, and at each beat", () => {
    const lease = granted(leaseOf(slots), { slots: 2 });
    expect(lease.askAt(demand({ running: 2, waiting: 5 }))).toBe(clock.now() + 500);
    expect(lease.askAt(demand({ running: 2 }))).toBe(Infinity);
    expect(lease.isDue(demand({ running: 2 }), true)).toBe(true);
    expect(lease.isDue(demand({ running: 2 }), false)).toBe(false);
  });

  it("starts nothing in slots that it has said it does not need, until it is answered", () => {
    const lease = granted(leaseOf(slots), { slots: 6 });
    const { holds } = lease.ask(demand({ running: 2, waiting: 1 }), 1_000);
    expect(holds).toBe(3);
    expect(lease.heldBy(clock.now(), 2)).toBeNull();
    expect(lease.heldBy(clock.now(), 3)).toBe("limiter");
  });

  it("starts nothing in place of what ends when it was granted less than it holds", async () => {
    const lease = granted(leaseOf(slots), { slots: 6 });
    lease.ask(demand({ running: 6, waiting: 9 }), 1_000);
    lease.granted(grant([slots], { slots: 4 }));
    expect(lease.heldBy(clock.now(), 5)).toBe("limiter");
    expect(lease.askAt(demand({ running: 5, waiting: 9 }))).toBe(clock.now() + 200);
    await clock.advance(200);
    expect(lease.ask(demand({ running: 5, waiting: 9 }), 1_000).holds).toBe(5);
  });

  it("gives spare slots back as soon as it may ask", () => {
    const lease = granted(leaseOf(slots), { slots: 6 });
    expect(lease.askAt(demand({ running: 2 }))).toBe(clock.now() + 200);
  });

  it("starts nothing any more when it was not renewed in time", () => {
    const lease = granted(leaseOf(slots), { slots: 6 });
    expect(lease.heldBy(clock.now() + 9_999, 0)).toBeNull();
    expect(lease.heldBy(clock.now() + 10_000, 0)).toBe("limiter");
  });

  it("may be one that an earlier execution asked for", () => {
    const lease = leaseOf(slots);
    lease.granted(grant([slots], { slots: 2 }));
    expect(lease.heldBy(clock.now(), 1)).toBeNull();
    expect(lease.ask(demand({ running: 2, waiting: 5 }), 1_000)).toMatchObject({ holds: 2 });
  });
});

describe("a lease of starts", () => {
  it("lets attempts start at their times, and says when", async () => {
    const lease = granted(leaseOf(rate), { starts: [{ inMs: 30, everyMs: 10, count: 2 }] });
    expect(lease.heldBy(clock.now(), 0)).toBe("rate");
    await clock.advance(30);
    expect(resumed).toBe(1);
    expect(lease.heldBy(clock.now(), 0)).toBeNull();
    lease.use(1);
    expect(lease.heldBy(clock.now(), 1)).toBe("rate");
    await clock.advance(10);
    expect(resumed).toBe(2);
    lease.use(2);
    expect(lease.heldBy(clock.now(), 2)).toBe("rate");
    expect(clock.alarms).toBe(0);
  });

  it("asks for more when half of them are used", () => {
    const lease = granted(leaseOf(rate), { starts: [{ inMs: 0, everyMs: 1, count: 4 }] });
    const waiting = demand({ running: 1, waiting: 50 });
    lease.use(1);
    expect(lease.askAt(waiting)).toBe(Infinity);
    lease.use(2);
    expect(lease.askAt(waiting)).toBe(clock.now() + 200);
  });

  it("covers tasks for which there are starts", () => {
    const lease = granted(leaseOf(rate), { starts: [{ inMs: 0, everyMs: 1, count: 4 }] });
    expect(lease.covers(demand({ waiting: 5 }))).toBe(false);
    expect(lease.covers(demand({ waiting: 4 }))).toBe(true);
    expect(leaseOf(slots).covers(demand({}))).toBe(false);
  });

  it("asks for no more than it could use lately", () => {
    const lease = leaseOf(rate);
    expect(lease.ask(demand({ waiting: 500, most: 10 }), 1_000).starts).toBe(500);
    lease.granted(grant([rate], { starts: [{ inMs: 0, everyMs: 1, count: 200 }] }));
    for (let at = 1; at <= 8; at += 1) lease.use(at);
    const ask = lease.ask(demand({ running: 8, waiting: 492, most: 10 }), 1_000);
    expect(ask).toMatchObject({ holds: 10, needs: 200, most: 10, starts: 18 });
  });

  it("needs those of every limiter", async () => {
    const lease = leaseOf(rate, limiter({ concurrency: null, rate: { tasks: 50, perMs: 1_000 } }));
    const late = { inMs: 40, everyMs: 20, count: 1 };
    granted(lease, { starts: [{ inMs: 0, everyMs: 10, count: 3 }, late] });
    expect(lease.heldBy(clock.now(), 0)).toBe("limiter");
    expect(lease.covers(demand({ waiting: 1 }))).toBe(true);
    expect(lease.covers(demand({ waiting: 2 }))).toBe(false);
    await clock.advance(40);
    expect(lease.heldBy(clock.now(), 0)).toBeNull();
  });

  it("leaves no alarm behind", () => {
    const lease = granted(leaseOf(rate), { starts: [{ inMs: 300, everyMs: 10, count: 2 }] });
    lease.heldBy(clock.now(), 0);
    lease.stop();
    expect(clock.alarms).toBe(0);
  });
});

describe("a change of limiters", () => {
  const narrow: LimiterRef = { ...slots, kind: "slots", key: "stage", version: 3 };

  it("leaves it with nothing, and it asks at once", () => {
    const lease = granted(leaseOf(slots), { slots: 8 });
    lease.change([narrow, slots]);
    expect(lease.heldBy(clock.now(), 0)).toBe("slots");
    expect(lease.askAt(demand({ waiting: 1 }))).toBeLessThanOrEqual(clock.now());
  });

  it("makes it say what runs, also when nothing waits", () => {
    const lease = granted(leaseOf(slots), { slots: 5 });
    lease.change([narrow, slots]);
    expect(lease.askAt(demand({ running: 5 }))).toBeLessThanOrEqual(clock.now());
    expect(lease.ask(demand({ running: 5 }), 1_000)).toMatchObject({
      limiters: [narrow, slots],
      holds: 5,
    });
    lease.granted(grant([narrow, slots], { slots: 2 }));
    expect(lease.askAt(demand({ running: 5 }))).toBe(Infinity);
    expect(lease.isDue(demand({ running: 5 }), true)).toBe(true);
  });

  it("makes an answer of those before worthless", () => {
    const lease = leaseOf(rate);
    lease.ask(demand({ waiting: 9 }), 1_000);
    lease.change([{ ...rate, version: 7 }]);
    lease.granted(grant([rate], { starts: [{ inMs: 0, everyMs: 1, count: 9 }] }));
    expect(lease.heldBy(clock.now(), 0)).toBe("rate");
    expect(lease.askAt(demand({ waiting: 9 }))).toBeLessThanOrEqual(clock.now());
  });

  it("is none if they are the same: a chunk is often told so when it is given slots", () => {
    const lease = granted(leaseOf(rate, slots), {
      slots: 4,
      starts: [{ inMs: 0, everyMs: 1, count: 2 }],
    });
    lease.change([{ ...rate }, { ...slots }]);
    expect(lease.heldBy(clock.now(), 3)).toBeNull();
    expect(lease.heldBy(clock.now(), 4)).toBe("limiter");
  });

  it("to none lets everything start", () => {
    const lease = granted(leaseOf(rate, slots), {
      slots: 1,
      starts: [{ inMs: 9, everyMs: 9, count: 1 }],
    });
    lease.change([]);
    expect(lease.heldBy(clock.now() + 60_000, 9)).toBeNull();
    expect(lease.askAt(demand({ running: 9, waiting: 9 }))).toBe(Infinity);
    expect(lease.isDue(demand({ running: 9 }), true)).toBe(false);
  });
});

// --- internal ---

function limiter(limits: Limits, kind: LimiterRef["kind"] = "limiter"): LimiterRef {
  return { kind, key: kind, limits, version: 0 };
}

const leaseOf = (...limiters: LimiterRef[]) =>
  new Lease(limiters, clock, () => {
    resumed += 1;
  });

const demand = (fields: { running?: number; waiting?: number; most?: number }) => ({
  now: clock.now(),
  running: 0,
  waiting: 0,
  most: 100,
  ...fields,
});

const grant = (limiters: readonly LimiterRef[], fields: Partial<Grant>): Grant => ({
  limiters,
  slots: null,
  starts: [],
  againInMs: 200,
  ...fields,
});

/** One that has asked and was answered. */
function granted(lease: Lease, fields: Partial<Grant>): Lease {
  const { limiters } = lease.ask(demand({ waiting: 100 }), 1_000);
  lease.granted(grant(limiters, fields));
  return lease;
}
