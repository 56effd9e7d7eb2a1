import { RestatePromise, service, type Context } from "@restatedev/restate-sdk";
import { mapConcurrent, pipeline, wait } from "../services/futures/index.ts";
import { task } from "./hand-written.ts";

// Calls of a task that does nothing: what waiting for many of them costs. Each answers how many ended.

export const futures = service({
  name: "Futures",
  handlers: {
    wait: async (ctx: Context, { calls }: Calls) => {
      let ended = 0;
      for await (const end of wait(...startAll(ctx, calls))) if (end.ok) ended++;
      return ended;
    },

    mapConcurrent: async (ctx: Context, { calls, size = 64 }: Calls) => {
      const call = (n: number) => ctx.serviceClient(task).run(n);
      return (await mapConcurrent(ctx, range(calls), call, { concurrency: size })).length;
    },

    /** Half as many items, each called for twice. */
    pipeline: async (ctx: Context, { calls }: Calls) => {
      const call = (n: number) => ctx.serviceClient(task).run(n);
      return 2 * (await pipeline(ctx, range(calls / 2), call, call)).length;
    },

    /** What people write by hand: a race among all that are left. */
    raceLoop: async (ctx: Context, { calls }: Calls) => {
      const left = new Map(
        startAll(ctx, calls).map((call, index) => [index, call.map(() => index)] as const),
      );
      while (left.size > 0) left.delete(await RestatePromise.race([...left.values()]));
      return calls;
    },

    /** What people write by hand: chunk after chunk. */
    chunked: async (ctx: Context, { calls, size = 100 }: Calls) => {
      let ended = 0;
      for (let first = 0; first < calls; first += size) {
        ended += (await RestatePromise.all(startAll(ctx, Math.min(size, calls - first)))).length;
      }
      return ended;
    },
  },
});

// --- internal ---

interface Calls {
  readonly calls: number;
  /** how many at a time */
  readonly size?: number;
}

function startAll(ctx: Context, calls: number) {
  return range(calls).map((n) => ctx.serviceClient(task).run(n));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, n) => n);
}
