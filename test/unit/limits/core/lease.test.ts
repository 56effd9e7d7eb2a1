import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  expired,
  idleAt,
  lease,
  leaseMs,
  type LeaseAnswer,
  type LeaseRequest,
  type LimiterState,
} from "../../../../services/limits/core/lease.ts";
import { HORIZON_MS, spacingMs } from "../../../../services/limits/core/starts.ts";
import { decisions } from "../../support/decisions.ts";
import { holds } from "../../support/property.ts";

const slots = { concurrency: 8, rate: null };
const rate = { tasks: 100, perMs: 1_000 };

describe("a lease of slots", () => {
  it("is given back by one that holds and wants nothing", () => {
    const limiter = new Limiter();
    limiter.ask("a", { most: 8, starts: 8 });
    expect(limiter.ask("b", { most: 8, starts: 8 }).slots).toBe(0);
    limiter.leave("a");
    expect(limiter.ask("b", { most: 8, starts: 8 }).slots).toBe(8);
  });

  it("expires when its holder is not heard of for three beats, while others are", () => {
    const limiter = new Limiter();
    limiter.ask("crashed", { most: 8, starts: 8, beatMs: 4_000 });
    const until = limiter.now + leaseMs(4_000);
    while (limiter.now < until - 500) {
      limiter.now += 500;
      expect(limiter.ask("waiting", { most: 8, starts: 8 }).slots).toBe(0);
    }
    expect(limiter.expired).toEqual([]);
    limiter.now += 1_000;
    expect(limiter.ask("waiting", { most: 8, starts: 8 }).slots).toBe(8);
    expect(limiter.expired).toMatchObject([["crashed", { job: "job", held: 8 }]]);
    limiter.leave("waiting");
    expect(limiter.expired).toHaveLength(1);
  });

  it("outlives a time in which nobody was heard of", () => {
    const limiter = new Limiter();
    limiter.ask("a", { most: 8, starts: 8 });
    limiter.now += 60_000;
    expect(limiter.ask("b", { most: 8, starts: 8 }).slots).toBe(0);
    expect(limiter.ask("a", { holds: 8, needs: 8, most: 8 }).slots).toBe(4);
  });

  it("is counted as held until its holder says that it has given back", () => {
    const limiter = new Limiter();
    limiter.ask("a", { job: "a", most: 8, starts: 8 });
    limiter.ask("b", { job: "b", most: 8, starts: 8 });
    expect(limiter.ask("a", { job: "a", holds: 8, needs: 8, most: 8 }).slots).toBe(4);
    expect(limiter.ask("b", { job: "b", most: 8, starts: 8 }).slots).toBe(0);
    limiter.ask("a", { job: "a", holds: 5, needs: 8, most: 8 });
    expect(limiter.ask("b", { job: "b", most: 8, starts: 8 }).slots).toBe(3);
  });

  it("keeps one slot for a start that is still to come", () => {
    const limiter = new Limiter({ concurrency: 8, rate: { tasks: 1, perMs: 60_000 } });
    expect(limiter.ask("a", { most: 8, starts: 8 })).toMatchObject({
      slots: 1,
      starts: { count: 1 },
    });
    limiter.now += 1_000;
    expect(limiter.ask("a", { holds: 1, most: 8, starts: 7 })).toMatchObject({
      slots: 1,
      starts: { count: 0 },
    });
  });

  it("comes without starts if it has no slots", () => {
    const limiter = new Limiter({ concurrency: 1, rate });
    limiter.ask("a", { most: 1, starts: 1 });
    expect(limiter.ask("b", { most: 1, starts: 1 })).toMatchObject({
      slots: 0,
      starts: { count: 0 },
    });
  });

  it("is not kept waiting by one that was not heard of lately", () => {
    const limiter = new Limiter({ concurrency: 1, rate: null });
    limiter.ask("a", { most: 1, starts: 1 });
    limiter.ask("gone", { most: 1, starts: 1 });
    limiter.now += 100;
    limiter.ask("b", { most: 1, starts: 1 });
    limiter.leave("a");
    expect(limiter.ask("b", { most: 1, starts: 1 }).slots).toBe(0);
    limiter.now += 1_600;
    expect(limiter.ask("b", { most: 1, starts: 1 }).slots).toBe(1);
  });
});

describe("a limiter", () => {
  it("answers null for what it does not limit", () => {
    expect(new Limiter(slots).ask("a", { most: 1, starts: 1 }).starts).toBeNull();
    expect(
      new Limiter({ concurrency: null, rate }).ask("a", { most: 1, starts: 1 }).slots,
    ).toBeNull();
  });

  it("takes the newest definition", () => {
    const limiter = new Limiter({ concurrency: null, rate });
    limiter.ask("a", { most: 1, starts: 1, version: 3 });
    const slower = { concurrency: null, rate: { tasks: 1, perMs: 1_000 } };
    limiter.limits = slower;
    expect(limiter.ask("b", { most: 1, starts: 1, version: 2 }).starts!.everyMs).toBe(
      spacingMs(rate),
    );
    expect(limiter.ask("b", { most: 1, starts: 1, version: 3 }).starts!.everyMs).toBe(
      spacingMs(slower.rate),
    );
    limiter.limits = { concurrency: null, rate };
    expect(limiter.ask("a", { most: 1, starts: 1, version: 2 }).starts!.everyMs).toBe(
      spacingMs(slower.rate),
    );
  });

  it("does not wait out a rate that was raised", () => {
    const limiter = new Limiter({ concurrency: null, rate: { tasks: 1, perMs: 3_600_000 } });
    limiter.ask("a", { most: 1, starts: 1 });
    limiter.now += 1_000;
    limiter.limits = { concurrency: null, rate };
    expect(limiter.ask("a", { most: 1, starts: 1 }).starts).toMatchObject({ inMs: 0, count: 1 });
  });

  it("goes by the clock that is ahead", () => {
    const limiter = new Limiter({ concurrency: null, rate });
    limiter.ask("a", { most: 100, starts: 100 });
    limiter.now -= 30_000;
    expect(limiter.ask("a", { most: 100, starts: 100 }).starts!.count).toBe(0);
  });

  it("hears of each holder less often the more there are", () => {
    const limiter = new Limiter();
    expect(limiter.ask("0", { most: 1, starts: 1 }).againInMs).toBe(200);
    for (let at = 1; at < 100; at += 1) limiter.ask(String(at), { most: 1, starts: 1 });
    expect(limiter.ask("0", { holds: 1, needs: 1, most: 1 }).againInMs).toBe(1_000);
  });

  it("is asked again when the next start is near, in a second at the latest", () => {
    const at = (tasks: number) =>
      new Limiter({ concurrency: null, rate: { tasks, perMs: 1_000 } }).ask("a", {
        most: 9,
        starts: 9,
      }).againInMs;
    expect(at(100)).toBe(200);
    expect(at(1)).toBeCloseTo(1_005 - HORIZON_MS);
    expect(at(0.01)).toBe(1_000);
  });

  it("has nothing to remember when all have left and the next start may come", () => {
    const limiter = new Limiter({ concurrency: 8, rate });
    limiter.ask("a", { most: 3, starts: 3 });
    expect(idleAt(limiter.state!)).toBeNull();
    const last = limiter.now + 2 * spacingMs(rate);
    limiter.leave("a");
    expect(idleAt(limiter.state!)).toBe(last + spacingMs(rate));
  });

  it("keeps its promises to holders that keep theirs", () => {
    holds(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 1, max: 500 }),
        decisions(400),
        (concurrency, tasks, decide) => {
          const limiter = new Limiter({ concurrency, rate: { tasks, perMs: 1_000 } });
          const held = new Map<string, number>();
          const starts: number[] = [];
          while (decide.areLeft) {
            limiter.now += decide.below(700);
            const holder = `holder ${decide.below(6)}`;
            const allowed = held.get(holder) ?? 0;
            const keeps = decide.below(allowed + 1);
            if (decide.below(8) === 0) {
              limiter.leave(holder);
              held.delete(holder);
              continue;
            }
            const answer = limiter.ask(holder, {
              job: `job ${holder.length % 2}`,
              holds: keeps,
              needs: keeps + decide.below(3),
              most: keeps + decide.below(20),
              starts: decide.below(40),
              beatMs: 1_000_000,
            });
            // It may go on running what it held.
            held.set(holder, Math.max(keeps, answer.slots!));
            const { inMs, everyMs, count } = answer.starts!;
            for (let at = 0; at < count; at += 1) starts.push(limiter.now + inMs + at * everyMs);
            expect([...held.values()].reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(concurrency);
          }
          for (const [at, start] of starts.entries()) {
            const gap = start - (starts[at - 1] ?? -Infinity);
            expect(gap).toBeGreaterThan((1_000 / tasks) * 1.0049);
          }
        },
      ),
      300,
    );
  });

  it("serves all jobs alike, and everybody who waits within a few turns", () => {
    const scenario = fc.record({
      holders: fc.integer({ min: 2, max: 30 }),
      jobs: fc.integer({ min: 1, max: 30 }),
      tasks: fc.integer({ min: 1, max: 300 }),
      phases: fc.array(fc.nat({ max: 199 }), { minLength: 30, maxLength: 30 }),
    });
    holds(
      fc.property(scenario, ({ holders, jobs, tasks, phases }) => {
        const limiter = new Limiter({ concurrency: null, rate: { tasks, perMs: 1_000 } });
        const start = limiter.now;
        const served = Array<number>(holders).fill(0);
        const next = phases.slice(0, holders).map((phase) => start + phase);
        // Who comes first finds all of the horizon free; the others have the time to catch up.
        const seconds = 25 + (4 * holders) / tasks;
        while (limiter.now < start + seconds * 1_000) {
          const at = next.indexOf(Math.min(...next));
          limiter.now = next[at]!;
          const job = `job ${at % jobs}`;
          const answer = limiter.ask(`holder ${at}`, { job, most: 99, starts: 99 });
          served[at]! += answer.starts!.count;
          next[at] = limiter.now + answer.againInMs;
        }
        expect(Math.min(...served)).toBeGreaterThan(0);
        expect(served.reduce((a, b) => a + b, 0) / seconds).toBeGreaterThan(0.9 * tasks - 1);
        const weighed = Object.values(limiter.state!.holders).map((holder) => holder.served);
        const turn = (0.6 * tasks) / Math.min(jobs, holders) + Math.ceil(holders / jobs);
        expect(Math.max(...weighed) - Math.min(...weighed)).toBeLessThanOrEqual(turn);
      }),
    );
  });
});

// --- internal ---

/** A limiter that is asked by hand. */
class Limiter {
  now = 1_000_000;
  limits: LeaseRequest["limits"];
  state: LimiterState | null = null;
  readonly expired: ReturnType<typeof expired> = [];

  constructor(limits: LeaseRequest["limits"] = slots) {
    this.limits = limits;
  }

  ask(holder: string, fields: Partial<LeaseRequest>): LeaseAnswer {
    const { limits } = this;
    const request = { holder, job: "job", limits, version: 0, ...NOTHING, ...fields };
    const { state, answer } = lease(this.state, request, this.now);
    this.expired.push(...expired(this.state, state, request));
    this.state = state;
    return answer;
  }

  leave(holder: string): void {
    this.ask(holder, {});
  }
}

const NOTHING = { holds: 0, needs: 0, most: 0, starts: 0, beatMs: 1_000 };
