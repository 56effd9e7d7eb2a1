import { RestatePromise, TerminalError } from "@restatedev/restate-sdk";
import { describe, expect, it, vi } from "vitest";
import { waitFirst, waitN } from "../../../services/futures/index.ts";
import { heldFuture, settle } from "../support/futures.ts";

vi.mock("@restatedev/restate-sdk", async (original) => ({
  ...(await original<object>()),
  ...(await import("../support/futures.ts")).fakeCombinators,
}));

const boom = new TerminalError("boom");

describe("waitFirst", () => {
  it("is the first to settle, also when it fails", async () => {
    const [slow, bad] = [heldFuture(), heldFuture()];
    const first = waitFirst(slow.future, bad.future);
    bad.fail(boom);
    expect(await first).toEqual({ index: 1, ok: false, error: boom });
  });

  it("sees one of many", async () => {
    const held = Array.from({ length: 100 }, () => heldFuture());
    const first = waitFirst(...held.map(({ future }) => future));
    held[90]?.succeed("here");
    expect(await first).toEqual({ index: 90, ok: true, value: "here" });
  });

  it("refuses to wait for nothing", async () => {
    await expect(waitFirst()).rejects.toThrow("waitFirst needs at least one future, got none");
  });
});

describe("waitN", () => {
  it("is the first n, in the order of completion", async () => {
    const held = Array.from({ length: 100 }, () => heldFuture());
    const two = waitN(2, ...held.map(({ future }) => future));
    held[99]?.succeed("first");
    await settle();
    held[3]?.fail(boom);
    expect(await two).toEqual([
      { index: 99, ok: true, value: "first" },
      { index: 3, ok: false, error: boom },
    ]);
  });

  it("waits for none of none", async () => {
    expect(await waitN(0)).toEqual([]);
    expect(await waitN(0, heldFuture().future)).toEqual([]);
  });

  it.each([-1, 1.5, Number.NaN, 3])("refuses to wait for %s of two", async (n) => {
    const futures = [RestatePromise.resolve(1), RestatePromise.resolve(2)];
    await expect(waitN(n, ...futures)).rejects.toThrow(
      `waitN: n must be a whole number from 0 to 2, got ${n}`,
    );
  });
});
