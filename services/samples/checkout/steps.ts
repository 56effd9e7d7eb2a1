import * as restate from "@restatedev/restate-sdk";
import { TerminalError, type Context } from "@restatedev/restate-sdk";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

export const STEPS = ["inventory", "payment", "fraud", "shipping"] as const;
export type StepName = (typeof STEPS)[number];

export const Order = z.object({
  orderId: z.string(),
  /** steps that fail for good */
  failing: z.array(z.enum(STEPS)).default([]),
  /** steps that take ten times as long */
  slow: z.array(z.enum(STEPS)).default([]),
});
export type Order = z.output<typeof Order>;

/** A step of an order that is done, and the system that did it. */
export interface Done {
  readonly step: StepName;
  readonly by: string;
  readonly tookMs: number;
}

/** The systems that a checkout asks. */
export const checkoutSteps = restate.service({
  name: "CheckoutSteps",
  handlers: {
    inventory: (ctx: Context, order: Order) => ask(ctx, "inventory", order, "warehouse"),
    payment: (ctx: Context, order: Order) => ask(ctx, "payment", order, "bank"),
    fraud: (ctx: Context, order: Order) => ask(ctx, "fraud", order, "screening"),
    shipping: (ctx: Context, order: Order) => ask(ctx, "shipping", order, "carrier"),
    /** Another system that answers what `fraud` does: never slow. */
    fraudBackup: (ctx: Context, order: Order) =>
      ask(ctx, "fraud", { ...order, slow: [], failing: [] }, "backup screening"),
  },
  options: { ingressPrivate: true },
});

// --- internal ---

/** How long the system that a step asks takes to answer. */
const TAKES_MS = { inventory: 100, payment: 150, fraud: 200, shipping: 120 } as const;

async function ask(
  ctx: Context,
  step: StepName,
  { orderId, failing, slow }: Order,
  by: string,
): Promise<Done> {
  const takesMs = TAKES_MS[step] * (slow.includes(step) ? 10 : 1);
  return ctx.run(`ask ${by}`, async () => {
    const startedAt = Date.now();
    await sleep(takesMs);
    if (failing.includes(step)) throw new TerminalError(`${by} refuses order ${orderId}`);
    return { step, by, tookMs: Date.now() - startedAt };
  });
}
