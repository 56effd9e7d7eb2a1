import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openIngress, type Repetition } from "../../../clients/client/ingress.ts";
import { answer, fakeFetch, refusal } from "../support/fake-fetch.ts";

const one = { ingressUrl: "http://a:8080/" };
const two = { ingressUrls: ["http://a", "http://b"] };
const repeatable = { repetition: "repeatable" } as const;

/** Whatever the call waits for comes at once. */
async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  await vi.runAllTimersAsync();
  return promise;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a call", () => {
  it("posts JSON with the headers it was opened with", async () => {
    const { sent } = fakeFetch(answer({ ok: true }));
    const ingress = openIngress({ ...one, headers: { authorization: "Bearer x" } });
    expect(await ingress("Job/a/cancel", { ...repeatable, body: '{"reason":"r"}' })).toEqual({
      ok: true,
    });
    expect(await ingress("Job/a/status", repeatable)).toEqual({ ok: true });
    expect(sent).toEqual([
      {
        url: "http://a:8080/Job/a/cancel",
        body: { reason: "r" },
        headers: { authorization: "Bearer x", "content-type": "application/json" },
      },
      { url: "http://a:8080/Job/a/status", headers: { authorization: "Bearer x" } },
    ]);
  });

  it.each([
    ["a connection that is refused", "refused"],
    ["a lost connection", "lost"],
    ["a connection that says nothing for two minutes", "silence"],
    ["a gateway's error", { status: 502, body: "Bad gateway" }],
    ["an error of the server", { status: 500, body: { code: 500, source: "ingress" } }],
    ["too many calls", { status: 429, body: "" }],
    ["an action that could not be checked", refusal(503, "CANNOT_CHECK_ACTION")],
  ] as const)("is sent again after %s", async (_name, fate) => {
    const { sent } = fakeFetch(fate, answer("there"));
    expect(await settled(openIngress(one)("Job/a/status", repeatable))).toBe("there");
    expect(sent.length).toBe(2);
  });

  it.each<[string, { status: number; body?: unknown }, string]>([
    ["a refusal", refusal(409, "JOB_SEALED"), "JOB_SEALED"],
    ["what is not there", refusal(501, "NOT_IMPLEMENTED"), "NOT_IMPLEMENTED"],
    ["a full backlog", refusal(429, "BACKLOG_FULL"), "BACKLOG_FULL"],
    ["a killed call", { status: 500, body: { source: "invocation" } }, "INVOCATION_FAILED"],
    ["an unknown service", { status: 404, body: { source: "ingress" } }, "INGRESS_ERROR"],
    ["a body that is too large", { status: 413, body: "length limit" }, "REQUEST_TOO_LARGE"],
    ["a page of somebody else", { status: 200, body: "<html>" }, "INGRESS_ERROR"],
  ])("is not sent again after %s", async (_name, fate, code) => {
    const { sent } = fakeFetch(fate);
    const call = settled(openIngress(one)("Job/a/append", { repetition: "lasting" }));
    await expect(call).rejects.toMatchObject({ name: "FanfoldError", code, status: fate.status });
    expect(sent.length).toBe(1);
  });

  it.each(["refused", "lost", { status: 503 }] as const)(
    "that must not be repeated is not sent again after %j",
    async (fate) => {
      const { sent } = fakeFetch(fate, answer());
      const call = settled(openIngress(two)("Job/a/redrive", { repetition: "once" }));
      await expect(call).rejects.toMatchObject({ name: "FanfoldError" });
      expect(sent.length).toBe(1);
    },
  );

  it("is given up half a minute after it failed first", async () => {
    fakeFetch("lost");
    const begun = Date.now();
    const call = settled(openIngress(one)("Job/a/status", repeatable));
    await expect(call).rejects.toMatchObject({
      code: "UNREACHABLE",
      message: "No answer from http://a:8080.",
    });
    expect(Date.now() - begun).toBeGreaterThan(20_000);
    expect(Date.now() - begun).toBeLessThanOrEqual(30_000);
  });

  it("that lasts is given up so soon only where nobody ever answered", async () => {
    const outage = Array.from({ length: 100 }, () => "lost" as const);
    fakeFetch(...outage, answer("back"));
    const ingress = openIngress(one);
    const lasting = { repetition: "lasting" } as const;
    await expect(settled(ingress("Job/a/outcome", lasting))).rejects.toThrow("No answer");

    const { sent } = fakeFetch(refusal(404, "JOB_NOT_FOUND"), ...outage, answer("back"));
    await expect(settled(ingress("Job/a/status", lasting))).rejects.toThrow("No.");
    expect(await settled(ingress("Job/a/outcome", lasting))).toBe("back");
    expect(sent.length).toBe(102);
  });

  it("waits longer with every round, but never beyond five seconds", async () => {
    fakeFetch("lost");
    const pauses: number[] = [];
    const { setTimeout: real } = globalThis;
    vi.spyOn(globalThis, "setTimeout").mockImplementation((run, ms) => {
      if (ms !== undefined && ms < 100_000) pauses.push(ms);
      return real(run, ms);
    });
    await settled(openIngress(one)("Job/a/status", repeatable)).catch(() => undefined);
    for (const [round, pause] of pauses.entries()) {
      const most = Math.min(5_000, 100 * 2 ** round);
      expect(pause).toBeGreaterThanOrEqual(most / 2);
      expect(pause).toBeLessThanOrEqual(most);
    }
    expect(pauses.length).toBeGreaterThan(6);
  });
});

describe("an aborted call", () => {
  const reason = new Error("enough");

  it.each(["repeatable", "lasting", "once"] satisfies Repetition[])(
    "throws the signal's reason: %s",
    async (repetition) => {
      const { sent } = fakeFetch("silence");
      const aborter = new AbortController();
      const call = openIngress(one)("Job/a/status", { repetition, signal: aborter.signal });
      aborter.abort(reason);
      await expect(call).rejects.toBe(reason);
      expect(sent.length).toBe(1);
      const later = openIngress(one)("Job/a/status", { repetition, signal: aborter.signal });
      await expect(later).rejects.toBe(reason);
      expect(sent.length).toBe(1);
    },
  );

  it("does not wait for its next try", async () => {
    fakeFetch("lost");
    const aborter = new AbortController();
    const call = openIngress(one)("Job/a/status", { ...repeatable, signal: aborter.signal });
    const caught = expect(call).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(10);
    aborter.abort(reason);
    await caught;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("several addresses", () => {
  it("are tried one after another, at once, and the one that answers is kept", async () => {
    const { hosts } = fakeFetch("refused", answer(), answer());
    const ingress = openIngress(two);
    await ingress("Job/a/status", repeatable);
    await ingress("Job/a/status", repeatable);
    expect(hosts()).toEqual(["a", "b", "b"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("are gone round until one answers", async () => {
    const { hosts } = fakeFetch("lost", "lost", { status: 503, body: "" }, "lost", answer("x"));
    expect(await settled(openIngress(two)("Job/a/status", repeatable))).toBe("x");
    expect(hosts()).toEqual(["a", "b", "a", "b", "a"]);
  });

  it("are not skipped when several calls fail at once", async () => {
    const { hosts } = fakeFetch("lost", "lost", answer(), answer());
    const ingress = openIngress(two);
    await Promise.all([ingress("x", repeatable), ingress("x", repeatable)]);
    expect(hosts()).toEqual(["a", "a", "b", "b"]);
  });
});

it.each([{}, { ingressUrls: [] }, { ingressUrl: "localhost:8080" }, { ingressUrl: "" }])(
  "refuses to be opened with %j",
  (options) => {
    expect(() => openIngress(options)).toThrow(TypeError);
  },
);
