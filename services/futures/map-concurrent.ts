import type { Context } from "@restatedev/restate-sdk";
import { flow, type Step } from "./flow.ts";
import { checkWhole } from "./misuse.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Does `fn` with every item, at most `concurrency` at a time: what became of each, in the order of the
 * items. An item that fails stops no other.
 *
 * @example
 * const outcomes = await mapConcurrent(ctx, orders, (order) => bank.charge(order), { concurrency: 50 });
 */
export async function mapConcurrent<In, Out>(
  ctx: Context,
  items: readonly In[],
  fn: Step<In, Out>,
  { concurrency }: { readonly concurrency: number },
): Promise<Outcome<Out>[]> {
  checkWhole("mapConcurrent: concurrency", concurrency, 1);
  return (await flow(ctx, items, [fn], concurrency)) as Outcome<Out>[];
}
