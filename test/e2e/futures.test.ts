import * as restate from "@restatedev/restate-sdk";
import {
  CancelledError,
  RestatePromise,
  TerminalError,
  type Context,
} from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import {
  allOrNothing,
  bestEffort,
  mapConcurrent,
  pipeline,
  wait,
  waitFirst,
  waitN,
  withTimeout,
  type Outcome,
} from "../../services/futures/index.ts";
import { accepted, refused } from "../support/http.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

interface Nap {
  readonly ms: number;
  readonly name?: string;
  readonly fail?: boolean;
}

/** Naps by name that were begun, that were cancelled, and how many of a name took place at once. */
const begunNaps: string[] = [];
const cancelledNaps: string[] = [];
const napsNow = new Map<string, number>();
const mostNaps = new Map<string, number>();

function countNaps(name: string, more: 1 | -1): void {
  const now = (napsNow.get(name) ?? 0) + more;
  napsNow.set(name, now);
  mostNaps.set(name, Math.max(now, mostNaps.get(name) ?? 0));
}

const napping = restate.service({
  name: "Napping",
  handlers: {
    nap: async (ctx: Context, { ms, name = "", fail = false }: Nap) => {
      begunNaps.push(name);
      countNaps(name, 1);
      try {
        await ctx.sleep(ms);
      } catch (error) {
        cancelledNaps.push(name);
        throw error;
      } finally {
        countNaps(name, -1);
      }
      if (fail) throw new TerminalError(`no rest after ${ms} ms`);
      return ms;
    },
  },
});

/** What each attempt of a handler saw, by invocation. */
const attempts = new Map<string, unknown[][]>();

function newAttempt<Seen>(ctx: Context): { seen: Seen[]; isFirst: boolean } {
  const seen: Seen[] = [];
  const before = attempts.get(ctx.request().id) ?? [];
  attempts.set(ctx.request().id, [...before, seen]);
  return { seen, isFirst: before.length === 0 };
}

/** Those that a handler made, the same in every attempt. */
let awakeables: readonly string[] = [];

const held = {
  wait: async (_ctx: Context, nap: Naps) => {
    for await (const end of wait(nap(), nap())) return end;
    return null;
  },
  waitFirst: (_ctx: Context, nap: Naps) => waitFirst(nap(), nap()),
  waitN: (_ctx: Context, nap: Naps) => waitN(2, nap(), nap()),
  bestEffort: (_ctx: Context, nap: Naps) => bestEffort(nap(), nap()),
  allOrNothing: (ctx: Context, nap: Naps) => allOrNothing(ctx, nap(), nap()),
  withTimeout: (_ctx: Context, nap: Naps) => withTimeout(nap(), "10m", null),
  mapConcurrent: (ctx: Context, nap: Naps) => mapConcurrent(ctx, [1, 2], nap, { concurrency: 2 }),
  pipeline: (ctx: Context, nap: Naps) => pipeline(ctx, [1, 2], nap, nap),
};
type Naps = () => RestatePromise<number>;
type Combinator = keyof typeof held;

/** How each combinator ended whose handler was cancelled. */
const thrown = new Map<string, unknown>();

const using = restate.service({
  name: "Using",
  handlers: {
    /** The order in which futures settle; the first attempt dies after so many. */
    order: async (ctx: Context, { delays, dieAfter }: { delays: number[]; dieAfter: number }) => {
      const { seen, isFirst } = newAttempt<number>(ctx);
      const calls = delays.map((ms) => ctx.serviceClient(napping).nap({ ms }));
      for await (const end of wait(...calls)) {
        seen.push(end.index);
        if (isFirst && seen.length === dieAfter) throw new Error("this attempt dies");
        await ctx.run("between", () => null);
      }
      return { id: ctx.request().id, order: seen };
    },

    /** The order in which the test resolves awakeables. */
    resolved: async (ctx: Context, futures: number) => {
      const made = Array.from({ length: futures }, () => ctx.awakeable<number>());
      awakeables = made.map(({ id }) => id);
      const order: number[] = [];
      for await (const end of wait(...made.map(({ promise }) => promise))) {
        if (end.ok) order.push(end.value);
      }
      return order;
    },

    /** The order in which items are begun; the first attempt dies after so many. */
    begun: async (ctx: Context, { delays, dieAfter }: { delays: number[]; dieAfter: number }) => {
      const { seen, isFirst } = newAttempt<string>(ctx);
      const begin = (stage: string) => (ms: number, index: number) => {
        seen.push(`${stage} ${index}`);
        if (isFirst && seen.length === dieAfter) throw new Error("this attempt dies");
        return ctx.serviceClient(napping).nap({ ms });
      };
      await mapConcurrent(ctx, delays, begin("map"), { concurrency: 10 });
      await pipeline(ctx, delays, begin("first"), begin("second"));
      return { id: ctx.request().id, order: seen };
    },

    parts: async (ctx: Context, naps: Nap[]) => {
      const calls = naps.map((nap) => ctx.serviceClient(napping).nap(nap));
      const { succeeded, failed } = await bestEffort(...calls, RestatePromise.resolve("at once"));
      return { succeeded: succeeded.map(({ value }) => value), failed: failed.map(messageOf) };
    },

    codes: async (ctx: Context, naps: Nap[]) => {
      const nap = (given: Nap) => ctx.serviceClient(napping).nap(given);
      const outcomes = await mapConcurrent(ctx, naps, nap, { concurrency: 2 });
      return outcomes.map((outcome) => (outcome.ok ? "slept" : outcome.error.code));
    },

    first: async (ctx: Context, naps: Nap[]) =>
      indexes(await waitN(2, ...naps.map((nap) => ctx.serviceClient(napping).nap(nap)))),

    all: async (ctx: Context, naps: Nap[]) =>
      allOrNothing(ctx, ...naps.map((nap) => ctx.serviceClient(napping).nap(nap))),

    mapped: async (ctx: Context, { naps, concurrency }: { naps: Nap[]; concurrency: number }) => {
      const nap = (nap: Nap) => ctx.serviceClient(napping).nap(nap);
      return (await mapConcurrent(ctx, naps, nap, { concurrency })).map(plain);
    },

    piped: async (ctx: Context, naps: Nap[]) => {
      const { nap } = ctx.serviceClient(napping);
      const outcomes = await pipeline(
        ctx,
        naps,
        (given) => nap(given),
        (ms, index) => ctx.run("double", () => `${index}: ${ms * 2}`),
      );
      return outcomes.map(plain);
    },

    inTime: async (ctx: Context, { ms, within }: { ms: number; within: string }) =>
      withTimeout(ctx.serviceClient(napping).nap({ ms }), within, "late"),

    late: async (ctx: Context, { ms, within }: { ms: number; within: string }) =>
      withTimeout(ctx.serviceClient(napping).nap({ ms }), within),

    hold: async (ctx: Context, how: Combinator) => {
      const nap = () => ctx.serviceClient(napping).nap({ ms: 600_000, name: how });
      try {
        return await held[how](ctx, nap);
      } catch (error) {
        thrown.set(how, error);
        throw error;
      }
    },
  },
});

const { post, admin } = await startTestFanfold({ actions: [], services: [napping, using] });
const ask = async <Answer>(handler: string, body: unknown) =>
  (await accepted(post(`Using/${handler}`, body))) as Answer;

interface Seen {
  readonly id: string;
  readonly order: readonly unknown[];
}

/** Every attempt saw what the last saw, as far as it came. */
function expectOneOrder({ id, order }: Seen): void {
  const all = attempts.get(id) ?? [];
  expect(all.length).toBeGreaterThan(1);
  for (const seen of all) expect(seen).toEqual(order.slice(0, seen.length));
}

describe("the order of completion", () => {
  it("is what wait gives", async () => {
    const completions = [3, 1, 4, 0, 2, 5];
    const order = ask("resolved", completions.length);
    await expect.poll(() => awakeables.length).toBe(completions.length);
    for (const index of completions) {
      await accepted(post(`restate/awakeables/${awakeables[index]}/resolve`, index));
    }
    expect(await order).toEqual(completions);
  });

  it("is the same in every attempt of a handler", async () => {
    const delays = Array.from({ length: 40 }, (_, index) => (index * 7_919) % 97);
    const seen = await ask<Seen>("order", { delays, dieAfter: 25 });
    expect(new Set(seen.order)).toEqual(new Set(delays.keys()));
    expectOneOrder(seen);
  });

  it("decides the same in every attempt what is begun next", async () => {
    const delays = Array.from({ length: 40 }, (_, index) => (index * 7_919) % 97);
    const seen = await ask<Seen>("begun", { delays, dieAfter: 90 });
    expect(seen.order).toHaveLength(120);
    expectOneOrder(seen);
  });
});

describe("futures of a handler", () => {
  it("come to what succeeded and what failed", async () => {
    expect(await ask("parts", [{ ms: 20 }, { ms: 10, fail: true }, { ms: 0 }])).toEqual({
      succeeded: [20, 0, "at once"],
      failed: ["no rest after 10 ms"],
    });
  });

  it("can be the first few", async () => {
    const first = await ask<number[]>("first", [{ ms: 4_000 }, { ms: 100 }, { ms: 0 }]);
    expect(new Set(first)).toEqual(new Set([1, 2]));
  });

  it("are all there or fail with the first, which cancels the others", async () => {
    expect(await ask("all", [{ ms: 20 }, { ms: 0 }])).toEqual([20, 0]);
    const naps = [
      { ms: 600_000, name: "doomed" },
      { ms: 10, fail: true },
    ];
    const { status, message } = await refused(post("Using/all", naps));
    expect({ status, message }).toEqual({ status: 500, message: "no rest after 10 ms" });
    await expect.poll(() => cancelledNaps, { timeout: 10_000 }).toContain("doomed");
  });

  it("are no more than asked for at a time, and in the order of the items", async () => {
    const naps = Array.from({ length: 30 }, (_, n) => ({
      name: "counted",
      ms: (n % 5) * 10,
      fail: n % 7 === 3,
    }));
    expect(await ask("mapped", { naps, concurrency: 5 })).toEqual(
      naps.map(({ ms, fail }) => (fail ? { error: `no rest after ${ms} ms` } : { value: ms })),
    );
    if (!isReplayed) expect(mostNaps.get("counted")).toBe(5);
  });

  it("may be more than the window", async () => {
    const naps = Array.from({ length: 200 }, (_, n) => ({ ms: n % 3 }));
    const values = naps.map(({ ms }) => ({ value: ms }));
    expect(await ask("mapped", { naps, concurrency: 150 })).toEqual(values);
  });

  it("go through a pipeline", async () => {
    expect(await ask("piped", [{ ms: 20 }, { ms: 10, fail: true }, { ms: 0 }])).toEqual([
      { value: "0: 40" },
      { error: "no rest after 10 ms" },
      { value: "2: 0" },
    ]);
  });

  it("are waited for as long as said", async () => {
    expect(await ask("inTime", { ms: 0, within: "1m" })).toBe(0);
    expect(await ask("inTime", { ms: 5_000, within: "50ms" })).toBe("late");
    expect(await refused(post("Using/late", { ms: 5_000, within: "50ms" }))).toMatchObject({
      status: 408,
    });
  });

  it("end their handler when they are asked for what cannot be", async () => {
    const { status, code, message } = await refused(
      post("Using/mapped", { naps: [], concurrency: 0 }),
    );
    expect({ status, code, message }).toEqual({
      status: 400,
      code: "INVALID_REQUEST",
      message: "mapConcurrent: concurrency must be a whole number of at least 1, got 0",
    });
  });
});

it("a call that somebody cancels has failed like another", async () => {
  const parts = ask("codes", [{ ms: 600_000 }]);
  const sleeping = async () => {
    const rows = await admin.query(
      `select id from sys_invocation
       where target_service_name = 'Napping' and status in ('running', 'suspended')
         and invoked_by_target = 'Using/codes'`,
    );
    return rows.length === 1 ? String(rows[0]?.["id"]) : null;
  };
  await expect.poll(sleeping, { timeout: 10_000 }).not.toBeNull();
  await admin.cancel((await sleeping())!);
  expect(await parts).toEqual([409]);
});

describe("in a cancelled handler", () => {
  it.each(Object.keys(held) as Combinator[])("%s fails with CancelledError", async (how) => {
    const { invocationId } = (await accepted(post("Using/hold/send", how))) as Sent;
    await expect.poll(() => begunNaps, { timeout: 10_000 }).toContain(how);
    await admin.cancel(invocationId);
    await expect.poll(() => thrown.get(how), { timeout: 10_000 }).toBeInstanceOf(CancelledError);
    await expect.poll(() => cancelledNaps, { timeout: 10_000 }).toContain(how);
  });
});

interface Sent {
  readonly invocationId: string;
}

function plain(outcome: Outcome<unknown>) {
  return outcome.ok ? { value: outcome.value } : { error: outcome.error.message };
}

function messageOf({ error }: { error: TerminalError }): string {
  return error.message;
}

function indexes(ends: readonly { index: number }[]): number[] {
  return ends.map(({ index }) => index);
}
