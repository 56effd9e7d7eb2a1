import * as restate from "@restatedev/restate-sdk";
import { TerminalError, type Context } from "@restatedev/restate-sdk";
import { serveEndpoint } from "fanfold";
import {
  allOrNothing,
  bestEffort,
  mapConcurrent,
  pipeline,
  wait,
  waitFirst,
  waitN,
  withTimeout,
} from "fanfold/futures";

/** Shops that take their time to name a price. */
const shops = restate.service({
  name: "Shops",
  handlers: {
    corner: (ctx: Context, item: string) => priceAfter(ctx, 300, item, 9),
    market: (ctx: Context, item: string) => priceAfter(ctx, 100, item, 7),
    online: (ctx: Context, item: string) => priceAfter(ctx, 200, item, 5),
  },
});

async function priceAfter(ctx: Context, ms: number, item: string, price: number): Promise<number> {
  await ctx.sleep(ms);
  if (item === "tea" && price === 5) throw new TerminalError("there is no tea online");
  return price;
}

function askAll(ctx: Context, item: string) {
  const { corner, market, online } = ctx.serviceClient(shops);
  return [corner(item), market(item), online(item)] as const;
}

/** Prices, asked for in every way that `fanfold/futures` has. */
const prices = restate.service({
  name: "Prices",
  handlers: {
    wait: async (ctx: Context, item: string) => {
      const heard: string[] = [];
      for await (const end of wait(...askAll(ctx, item))) {
        heard.push(`shop ${end.index}: ${end.ok ? end.value : end.error.message}`);
      }
      return heard;
    },

    waitFirst: (ctx: Context, item: string) => waitFirst(...askAll(ctx, item)),

    waitN: (ctx: Context, item: string) => waitN(2, ...askAll(ctx, item)),

    bestEffort: async (ctx: Context, item: string) => {
      const { succeeded, failed } = await bestEffort(...askAll(ctx, item));
      return { prices: succeeded.map(({ value }) => value), without: failed.length };
    },

    allOrNothing: (ctx: Context, item: string) => allOrNothing(ctx, ...askAll(ctx, item)),

    withTimeout: (ctx: Context, item: string) =>
      withTimeout(ctx.serviceClient(shops).corner(item), "200ms", "no answer in time"),

    mapConcurrent: async (ctx: Context, items: string[]) => {
      const ask = (item: string) => ctx.serviceClient(shops).online(item);
      const outcomes = await mapConcurrent(ctx, items, ask, { concurrency: 2 });
      return outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.message));
    },

    pipeline: async (ctx: Context, items: string[]) => {
      const outcomes = await pipeline(
        ctx,
        items,
        (item) => ctx.serviceClient(shops).market(item),
        (price, index) => ctx.run("label", () => `${items[index]}: ${price} €`),
      );
      return outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.message));
    },
  },
});

await serveEndpoint({ services: [shops, prices], port: 9081 });
