import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { appendItems } from "../../../clients/client/append.ts";
import { FanfoldError } from "../../../clients/client/error.ts";
import type { AppendRequest } from "../../../services/contract/index.ts";
import { fakeAsk } from "../support/fake-ask.ts";

/** A job that takes whatever comes. */
function takingJob() {
  let total = 0;
  return fakeAsk((_handler, { fanout }: AppendRequest) => {
    const accepted = fanout.foreach?.items.length ?? 0;
    total += accepted;
    return { accepted, total };
  });
}

const itemsOf = ({ request }: { request: unknown }) =>
  (request as AppendRequest).fanout.foreach?.items;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("appendItems", () => {
  it("sends items in order, in calls that are numbered", async () => {
    const { ask, asked } = takingJob();
    const options = { id: "import", callItems: 2 };
    expect(await appendItems(ask, ["a", "b", { c: 1 }], options)).toEqual({
      accepted: 3,
      total: 3,
    });
    expect(asked).toEqual([
      {
        handler: "append",
        request: {
          appendId: "import.1",
          fanout: { foreach: { as: "item", items: ["a", "b"] } },
        },
      },
      {
        handler: "append",
        request: { appendId: "import.2", fanout: { foreach: { as: "item", items: [{ c: 1 }] } } },
      },
    ]);
  });

  it("takes what a generator gives, and names the items' field", async () => {
    const { ask, asked } = takingJob();
    const pages = (async function* () {
      yield 1;
      yield 2;
    })();
    await appendItems(ask, pages, { as: "page" });
    expect(asked).toMatchObject([
      { request: { fanout: { foreach: { as: "page", items: [1, 2] } } } },
    ]);
  });

  it("sends at most a MiB a call, but for a larger item", async () => {
    const { ask, asked } = takingJob();
    const kib = (n: number) => "é".repeat(n * 512);
    await appendItems(ask, [kib(600), kib(400), kib(600), kib(2_000), kib(1)], {});
    expect(asked.map((one) => itemsOf(one)?.length)).toEqual([2, 1, 1, 1]);
  });

  it("has another id for every append that was given none", async () => {
    const { ask, asked } = takingJob();
    await appendItems(ask, [1], {});
    await appendItems(ask, [1], {});
    const [first, second] = asked.map(({ request }) => (request as AppendRequest).appendId);
    expect(first).toMatch(/^[0-9a-f]{32}\.1$/);
    expect(second).not.toBe(first);
  });

  it("asks the job even when there is nothing to append", async () => {
    const { ask, asked } = takingJob();
    expect(await appendItems(ask, [], { id: "empty" })).toEqual({ accepted: 0, total: 0 });
    expect(asked).toEqual([
      { handler: "append", request: { fanout: { foreach: { as: "item", items: [] } } } },
    ]);
  });

  it("waits while the backlog is full, and then sends the same again", async () => {
    const { ask, asked } = fakeAsk((_handler, _request, call) => {
      if (call === 2 || call === 3) {
        throw new FanfoldError("BACKLOG_FULL", "Full.", { status: 429, retryAfterMs: 700 });
      }
      return { accepted: 1, total: call };
    });
    const begun = Date.now();
    const append = appendItems(ask, [1, 2], { callItems: 1 });
    await vi.runAllTimersAsync();
    expect(await append).toEqual({ accepted: 2, total: 4 });
    expect(Date.now() - begun).toBe(1_400);
    expect(asked[2]).toEqual(asked[1]);
    expect(asked[3]).toEqual(asked[1]);
  });

  it("ends with a refusal, and closes its source", async () => {
    const { ask } = fakeAsk(() => {
      throw new FanfoldError("JOB_SEALED", "Sealed.");
    });
    const closed = vi.fn();
    const source = (async function* () {
      try {
        for (;;) yield 1;
      } finally {
        closed();
      }
    })();
    await expect(appendItems(ask, source, { callItems: 2 })).rejects.toThrow("Sealed.");
    expect(closed).toHaveBeenCalledOnce();
  });

  it("ends with what its source throws", async () => {
    const { ask } = takingJob();
    const source = (async function* () {
      yield 1;
      throw new Error("no disk");
    })();
    await expect(appendItems(ask, source, {})).rejects.toThrow("no disk");
  });
});

describe("an aborted append", () => {
  const reason = new Error("enough");

  it("waits for its source no longer", async () => {
    const { ask } = takingJob();
    const closed = vi.fn();
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => undefined),
        return: async () => {
          closed();
          throw new Error("cannot close");
        },
      }),
    };
    const aborter = new AbortController();
    const append = appendItems(ask, silent, { signal: aborter.signal });
    aborter.abort(reason);
    await expect(append).rejects.toBe(reason);
    expect(closed).toHaveBeenCalledOnce();
  });

  it("waits for room no longer", async () => {
    const { ask } = fakeAsk(() => {
      throw new FanfoldError("BACKLOG_FULL", "Full.");
    });
    const aborter = new AbortController();
    const append = appendItems(ask, [1], { signal: aborter.signal });
    const caught = expect(append).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(10);
    aborter.abort(reason);
    await caught;
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sends nothing more of a list", async () => {
    const aborter = new AbortController();
    const { ask, asked } = fakeAsk(() => {
      aborter.abort(reason);
      return { accepted: 1, total: 1 };
    });
    const append = appendItems(ask, [1, 2, 3], { callItems: 1, signal: aborter.signal });
    await expect(append).rejects.toBe(reason);
    expect(asked.length).toBe(1);
  });
});
