import { describe, expect, it } from "vitest";
import {
  HORIZON_MS,
  reserveStarts,
  spacingMs,
  type StartClaim,
} from "../../../../services/limits/core/starts.ts";

const rate = { tasks: 100, perMs: 1_000 };
const every = spacingMs(rate);
const now = 50_000;

describe("spacingMs", () => {
  it("is a little more than the rate asks for", () => {
    expect(every).toBeGreaterThan(10);
    expect(every).toBeLessThan(10.1);
  });
});

describe("reserveStarts", () => {
  it("spaces starts evenly, from now on", () => {
    const { starts, lastAt } = reserve({ wanted: 5 });
    expect(starts).toEqual({ inMs: 0, everyMs: every, count: 5 });
    expect(lastAt).toBe(now + 4 * every);
  });

  it("goes on where the last one ended", () => {
    const { starts } = reserve({ wanted: 5, lastAt: now + 100 });
    expect(starts.inMs).toBeCloseTo(100 + every);
  });

  it("makes up for nothing that was not used", () => {
    expect(reserve({ wanted: 5, lastAt: now - 60_000 }).starts.inMs).toBe(0);
  });

  it("reserves nothing beyond the horizon", () => {
    const { starts } = reserve({ wanted: 1_000 });
    expect(starts.count).toBe(Math.floor(HORIZON_MS / every) + 1);
    expect(reserve({ wanted: 5, lastAt: now + HORIZON_MS }).starts.count).toBe(0);
  });

  it("changes nothing when nothing is wanted", () => {
    expect(reserve({ wanted: 0, lastAt: 77 })).toMatchObject({ lastAt: 77, served: 0 });
  });

  it("gives every job the same while others wait, however many chunks it has", () => {
    const waits = true;
    const one = claim({ job: "one", waits });
    const others = [1, 2, 3].map(() => claim({ job: "other", waits }));
    expect(reserve({ wanted: 99, mine: one, others }).starts.count).toBe(20);
    const siblings = [...others.slice(1), one];
    expect(reserve({ wanted: 99, mine: others[0]!, others: siblings }).starts.count).toBe(7);
  });

  it("leaves the rest to whoever was served less", () => {
    const others = [claim({ job: "other", served: 10, waits: true })];
    const ahead = claim({ served: 40, waits: true });
    expect(reserve({ wanted: 99, mine: ahead, others }).starts.count).toBe(0);
    const behind = claim({ served: 0, waits: true });
    expect(reserve({ wanted: 99, mine: behind, others }).starts.count).toBe(30);
  });

  it("owes nothing to one that did not wait", () => {
    const others = [claim({ job: "other", served: 500, waits: true })];
    const { starts, served } = reserve({ wanted: 99, mine: claim({}), others });
    expect(starts.count).toBe(20);
    expect(served).toBe(520);
  });

  it("takes no notice of others that have what they want", () => {
    const others = [claim({ job: "other" })];
    expect(reserve({ wanted: 30, mine: claim({ served: 900 }), others }).starts.count).toBe(30);
  });

  it("lets the one that was served least have a start of the slowest rate", () => {
    const slow = { tasks: 1, perMs: 3_600_000 };
    const others = [1, 2, 3].map(() => claim({ served: 4, waits: true }));
    const wish = { now, lastAt: now - slow.perMs * 2, wanted: 1, shareMs: 400 };
    expect(reserveStarts(slow, wish, claim({ served: 4, waits: true }), others)).toMatchObject({
      starts: { count: 1 },
    });
    expect(reserveStarts(slow, wish, claim({ served: 8, waits: true }), others)).toMatchObject({
      starts: { count: 0 },
    });
  });
});

// --- internal ---

function reserve({
  wanted,
  lastAt = 0,
  mine = claim({}),
  others = [],
}: {
  wanted: number;
  lastAt?: number;
  mine?: StartClaim;
  others?: readonly StartClaim[];
}) {
  return reserveStarts(rate, { now, lastAt, wanted, shareMs: 400 }, mine, others);
}

const claim = (fields: Partial<StartClaim>): StartClaim => ({
  job: "job",
  served: 0,
  waits: false,
  ...fields,
});
