import * as restate from "@restatedev/restate-sdk";
import { serveEndpoint } from "fanfold";

/** What docs/guides/replay.md shows: handlers that draw a number, wait a little, and answer it. */
const dice = restate.service({
  name: "Dice",
  // Suspended at each wait: what otherwise only a crash or a long wait does happens every time.
  options: { inactivityTimeout: 0 },
  handlers: {
    /** Wrong: when it goes on after the wait it has drawn again. */
    wrong: async (ctx: restate.Context) => {
      const number = drawn(Math.random());
      await ctx.run("announce", () => console.log(`wrong: announced ${number}`));
      await ctx.sleep(100);
      return number;
    },

    /** Wrong, and found out: the journal has a step of another name. */
    stuck: async (ctx: restate.Context) => {
      const number = drawn(Math.random());
      await ctx.run(`announce ${number}`, () => console.log(`stuck: announced ${number}`));
      await ctx.sleep(100);
      return number;
    },

    /** Right: `ctx.rand` gives the same numbers whenever the handler runs again. */
    right: async (ctx: restate.Context) => {
      const number = drawn(ctx.rand.random());
      await ctx.run("announce", () => console.log(`right: announced ${number}`));
      await ctx.sleep(100);
      return number;
    },
  },
});

await serveEndpoint({ services: [dice], port: 9081 });

function drawn(random: number): number {
  return Math.ceil(random * 1_000);
}
