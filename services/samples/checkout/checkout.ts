import * as restate from "@restatedev/restate-sdk";
import { TerminalError, type Context, type InvocationPromise } from "@restatedev/restate-sdk";
import { allOrNothing, bestEffort, wait } from "../../futures/index.ts";
import { checkoutSteps, Order, STEPS, type Done } from "./steps.ts";

/** An order that went through. The receipt: how long its steps took together, against the wall clock. */
export interface CheckedOut {
  readonly orderId: string;
  readonly steps: readonly Done[];
  readonly receipt: { readonly taskMs: number; readonly wallMs: number; readonly speedup: number };
}

/** An order of which every step was tried. */
export interface Tried {
  readonly orderId: string;
  readonly succeeded: readonly Done[];
  readonly failed: readonly { readonly step: string; readonly message: string }[];
}

/** An order, checked out in four ways. */
export const checkout = restate.service({
  name: "Checkout",
  handlers: {
    /** One step after another: what the other ways are measured against. */
    sequential: takesOrder((ctx, order) =>
      withReceipt(ctx, order, async () => {
        const steps: Done[] = [];
        for (const step of STEPS) steps.push(await ctx.serviceClient(checkoutSteps)[step](order));
        return steps;
      }),
    ),

    /** All steps at once. The first that fails fails the order and cancels the others. */
    parallel: takesOrder((ctx, order) =>
      withReceipt(ctx, order, () => allOrNothing(ctx, ...callAll(ctx, order))),
    ),

    /** The fraud check against its backup: the first success counts, the other call is cancelled. */
    race: takesOrder((ctx, order) =>
      withReceipt(ctx, order, async () => {
        const { fraud, fraudBackup } = ctx.serviceClient(checkoutSteps);
        const calls = [fraud(order), fraudBackup(order)] as const;
        for await (const end of wait(...calls)) {
          if (!end.ok) continue;
          const other = calls[end.index === 0 ? 1 : 0];
          ctx.cancel(await other.invocationId);
          return [end.value];
        }
        throw new TerminalError(`Nobody could screen order ${order.orderId}.`);
      }),
    ),

    /** All steps at once, and what became of each: one that fails spoils no other. */
    partial: takesOrder(async (ctx, order): Promise<Tried> => {
      const { succeeded, failed } = await bestEffort(...callAll(ctx, order));
      return {
        orderId: order.orderId,
        succeeded: succeeded.map(({ value }) => value),
        failed: failed.map(({ index, error }) => ({
          step: STEPS[index] ?? String(index),
          message: error.message,
        })),
      };
    }),
  },
});

// --- internal ---

function takesOrder<Answer>(handle: (ctx: Context, order: Order) => Promise<Answer>) {
  return restate.createServiceHandler({ input: restate.serde.schema(Order) }, handle);
}

function callAll(ctx: Context, order: Order): InvocationPromise<Done>[] {
  return STEPS.map((step) => ctx.serviceClient(checkoutSteps)[step](order));
}

async function withReceipt(
  ctx: Context,
  { orderId }: Order,
  checkOut: () => Promise<readonly Done[]>,
): Promise<CheckedOut> {
  const startedAt = await ctx.date.now();
  const steps = await checkOut();
  const wallMs = (await ctx.date.now()) - startedAt;
  const taskMs = steps.reduce((sum, { tookMs }) => sum + tookMs, 0);
  return { orderId, steps, receipt: { taskMs, wallMs, speedup: taskMs / wallMs } };
}
