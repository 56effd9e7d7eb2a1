import { describe, expect, it } from "vitest";
import { sampleServices } from "../../services/samples/index.ts";
import type { CheckedOut, Tried } from "../../services/samples/checkout/checkout.ts";
import { accepted, refused } from "../support/http.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const { post } = await startTestFanfold({ actions: [], services: sampleServices });

const checkOut = async (way: string, order: object = {}) =>
  (await accepted(post(`Checkout/${way}`, { orderId: "7", ...order }))) as CheckedOut;

/** Timers end up to a millisecond early, and each of four steps rounds its own time. */
const CLOCK_MS = 4;

describe("a checkout", () => {
  it("is the same in sequence and in parallel", async () => {
    for (const way of ["sequential", "parallel"]) {
      const { orderId, steps } = await checkOut(way);
      expect(orderId).toBe("7");
      expect(steps.map(({ step, by }) => [step, by])).toEqual([
        ["inventory", "warehouse"],
        ["payment", "bank"],
        ["fraud", "screening"],
        ["shipping", "carrier"],
      ]);
    }
  });

  it("takes as long as all its steps, one after the other", async () => {
    const { receipt } = await checkOut("sequential");
    expect(receipt.taskMs).toBeGreaterThanOrEqual(570 - CLOCK_MS);
    expect(receipt.wallMs).toBeGreaterThanOrEqual(receipt.taskMs - CLOCK_MS);
    expect(receipt.speedup).toBeCloseTo(receipt.taskMs / receipt.wallMs);
  });

  it.skipIf(isReplayed)("takes as long as its slowest step in parallel", async () => {
    const slow = ["inventory", "payment", "fraud", "shipping"];
    const { receipt } = await checkOut("parallel", { slow });
    expect(receipt.taskMs).toBeGreaterThanOrEqual(5_700 - CLOCK_MS);
    expect(receipt.wallMs).toBeGreaterThanOrEqual(2_000 - CLOCK_MS);
    // Any step that began when the slowest was done would have added a second.
    expect(receipt.wallMs).toBeLessThan(3_000);
    expect(receipt.speedup).toBeCloseTo(receipt.taskMs / receipt.wallMs);
  });

  it("is refused as soon as one of its parallel steps is", async () => {
    const order = { orderId: "8", failing: ["payment"], slow: ["fraud"] };
    const startedAt = Date.now();
    const { status, message } = await refused(post("Checkout/parallel", order));
    expect({ status, message }).toEqual({ status: 500, message: "bank refuses order 8" });
    if (!isReplayed) expect(Date.now() - startedAt).toBeLessThan(1_500);
  });

  it("goes on with the backup when a race is lost", async () => {
    const startedAt = Date.now();
    const { steps } = await checkOut("race", { slow: ["fraud"] });
    expect(steps).toMatchObject([{ step: "fraud", by: "backup screening" }]);
    if (!isReplayed) expect(Date.now() - startedAt).toBeLessThan(1_500);
  });

  it("goes on with the backup when the other fails", async () => {
    const { steps } = await checkOut("race", { failing: ["fraud"] });
    expect(steps).toMatchObject([{ step: "fraud", by: "backup screening" }]);
  });

  it("tells what became of each step when it is done in part", async () => {
    const order = { orderId: "9", failing: ["payment", "shipping"] };
    const tried = (await accepted(post("Checkout/partial", order))) as Tried;
    expect(tried.succeeded.map(({ step }) => step)).toEqual(["inventory", "fraud"]);
    expect(tried.failed).toEqual([
      { step: "payment", message: "bank refuses order 9" },
      { step: "shipping", message: "carrier refuses order 9" },
    ]);
  });

  it("needs an order", async () => {
    expect(await refused(post("Checkout/parallel", {}))).toMatchObject({ status: 400 });
  });

  it("has steps of its own that nobody else can call", async () => {
    const order = { orderId: "7" };
    expect((await refused(post("CheckoutSteps/payment", order))).status).toBe(400);
  });
});
