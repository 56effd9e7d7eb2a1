import type { Context } from "@restatedev/restate-sdk";
import { flow, type Step } from "./flow.ts";
import { misuse } from "./misuse.ts";
import { WINDOW } from "./open-futures.ts";
import type { Outcome } from "./outcome.ts";

/**
 * Takes every item through the stages: what became of each, in the order of the items. No stage waits
 * for the one before it to be done with the others; 64 items are on their way at a time.
 *
 * @example const outcomes = await pipeline(ctx, rows, validate, enrich, store);
 */
export function pipeline<In, A>(
  ctx: Context,
  items: readonly In[],
  first: Step<In, A>,
): Promise<Outcome<A>[]>;
export function pipeline<In, A, B>(
  ctx: Context,
  items: readonly In[],
  first: Step<In, A>,
  second: Step<A, B>,
): Promise<Outcome<B>[]>;
export function pipeline<In, A, B, C>(
  ctx: Context,
  items: readonly In[],
  first: Step<In, A>,
  second: Step<A, B>,
  third: Step<B, C>,
): Promise<Outcome<C>[]>;
export function pipeline<In, A, B, C, D>(
  ctx: Context,
  items: readonly In[],
  first: Step<In, A>,
  second: Step<A, B>,
  third: Step<B, C>,
  fourth: Step<C, D>,
): Promise<Outcome<D>[]>;
export function pipeline<In, A, B, C, D, E>(
  ctx: Context,
  items: readonly In[],
  first: Step<In, A>,
  second: Step<A, B>,
  third: Step<B, C>,
  fourth: Step<C, D>,
  fifth: Step<D, E>,
): Promise<Outcome<E>[]>;
export async function pipeline(
  ctx: Context,
  items: readonly unknown[],
  ...stages: readonly Step<never, unknown>[]
): Promise<Outcome<unknown>[]> {
  if (stages.length === 0) throw misuse("pipeline needs at least one stage, got none");
  return flow(ctx, items, stages, WINDOW);
}
