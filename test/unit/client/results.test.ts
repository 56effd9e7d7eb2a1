import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readResults } from "../../../clients/client/results.ts";
import type { EndStatus, ResultsRequest } from "../../../services/contract/index.ts";
import { gather } from "../../support/gather.ts";
import { fakeAsk } from "../support/fake-ask.ts";
import { holdsAsync } from "../support/property.ts";

type Ends = (EndStatus | null)[];

/**
 * A stage by the contract: without a status a page ends before the first task that has no outcome, with one
 * such tasks are passed over. Before each call `advance` may let tasks end.
 */
function stageOf(ends: Ends, advance: (call: number) => void = () => undefined) {
  return fakeAsk((_handler, { status, cursor, limit = 100 }: ResultsRequest, call) => {
    advance(call);
    const complete = !ends.includes(null);
    const outcomes: { index: number; status: EndStatus }[] = [];
    let next = Number(cursor ?? 0);
    for (; next < ends.length && outcomes.length < limit; next += 1) {
      const end = ends[next];
      if (!end && !status) break;
      if (end && (!status || end === status)) outcomes.push({ index: next, status: end });
    }
    return { outcomes, cursor: complete && next >= ends.length ? null : String(next), complete };
  });
}

const indexes = async (results: AsyncIterable<{ index: number }>) =>
  (await gather(results)).map(({ index }) => index);

async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  await vi.runAllTimersAsync();
  return promise;
}

const end = fc.constantFrom<EndStatus[]>("SUCCEEDED", "FAILED", "CANCELLED");
const status = fc.option(end, { nil: undefined });
const some = fc.array(end, { maxLength: 30 });
const limit = fc.integer({ min: 1, max: 7 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("readResults", () => {
  it("gives every outcome once and in order, in whatever order tasks end while it reads", async () => {
    const order = fc.func(fc.nat());
    await holdsAsync(
      fc.asyncProperty(some, limit, status, order, async (goal, most, wanted, at) => {
        const now: Ends = goal.map(() => null);
        const { ask } = stageOf(now, (call) => {
          for (const [index, one] of goal.entries()) {
            if (at(index) % 5 < call) now[index] = one;
          }
        });
        const filter = wanted ? { status: wanted } : {};
        const read = await settled(indexes(readResults(ask, { limit: most, ...filter })));
        const expected = [...goal.keys()].filter((index) => !wanted || goal[index] === wanted);
        expect(read).toEqual(expected);
      }),
    );
  });

  it("goes on from a cursor: nothing is missed, nothing comes twice", async () => {
    await holdsAsync(
      fc.asyncProperty(some, limit, status, fc.nat(30), async (goal, most, wanted, stopAfter) => {
        const { ask } = stageOf(goal);
        const options = { limit: most, ...(wanted ? { status: wanted } : {}) };
        const first = readResults(ask, options);
        const read: number[] = [];
        for await (const { index } of first) {
          read.push(index);
          if (read.length > stopAfter) break;
        }
        const { cursor } = first;
        read.push(...(await indexes(readResults(ask, { ...options, cursor }))));
        const expected = [...goal.keys()].filter((index) => !wanted || goal[index] === wanted);
        expect(read).toEqual(expected);
      }),
    );
  });

  it("gives what is there, and no more, when it shall not follow", async () => {
    const ends: Ends = ["SUCCEEDED", "FAILED", null, "FAILED"];
    const { ask } = stageOf(ends);
    const now = readResults(ask, { follow: false });
    expect(await indexes(now)).toEqual([0, 1]);
    expect(await indexes(readResults(ask, { follow: false, status: "FAILED" }))).toEqual([1, 3]);
    ends[2] = "SUCCEEDED";
    expect(await indexes(readResults(ask, { cursor: now.cursor }))).toEqual([2, 3]);
  });

  it("asks for a stage of its own, in pages as large as can be", async () => {
    const { ask, asked } = stageOf([]);
    await gather(readResults(ask, { stage: 0 }));
    expect(asked).toEqual([
      { handler: "results", request: { stage: 0, cursor: "0", limit: 1_000 } },
    ]);
  });

  it("waits no longer when it is aborted", async () => {
    const { ask } = stageOf([null]);
    const aborter = new AbortController();
    const reading = gather(readResults(ask, { signal: aborter.signal }));
    const caught = expect(reading).rejects.toThrow("enough");
    await vi.advanceTimersByTimeAsync(10);
    aborter.abort(new Error("enough"));
    await caught;
    expect(vi.getTimerCount()).toBe(0);
  });
});
