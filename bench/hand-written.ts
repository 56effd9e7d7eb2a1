import { RestatePromise, service, type Context } from "@restatedev/restate-sdk";

// What people write without Fanfold: the yardsticks. The task is a no-op here too.

const noop = (n: number) => n;

export const task = service({
  name: "HandWrittenTask",
  handlers: {
    run: async (_ctx: Context, n: number) => noop(n),
  },
});

/** Served by a process of its own, for both contestants. By hand it gets what it needs of a task, no more. */
export const remoteTask = service({
  name: "RemoteTask",
  handlers: {
    run: async (_ctx: Context, { input }: { input: { n: number } }) => noop(input.n),
  },
});

/** Calls of 100 tasks, awaited together. */
export const slicedCalls = service({
  name: "HandWrittenCalls",
  handlers: {
    run: async (ctx: Context, slice: Slice) =>
      RestatePromise.all(numbers(slice).map((n) => ctx.serviceClient(task).run(n))),

    remote: async (ctx: Context, slice: Slice) => {
      const call = (n: number) => ctx.serviceClient(remoteTask).run({ input: { n } });
      return RestatePromise.all(numbers(slice).map(call));
    },
  },
});

export const slice = service({
  name: "HandWrittenSlice",
  handlers: {
    run: async (ctx: Context, slice: Slice) => {
      const results: number[] = [];
      for (const n of numbers(slice)) {
        results.push(await ctx.run(`task ${n}`, () => noop(n)));
      }
      return results;
    },
  },
});

/** Both answer how many tasks they ran. */
export const handWritten = service({
  name: "HandWritten",
  handlers: {
    /** One call per task, awaited together. */
    all: async (ctx: Context, { tasks }: { tasks: number }) => {
      const calls = Array.from({ length: tasks }, (_, n) => ctx.serviceClient(task).run(n));
      return (await RestatePromise.all(calls)).length;
    },
    /** One call per 100 tasks, each task a call of it. */
    calls: async (ctx: Context, { tasks }: { tasks: number }) => {
      const calls = slices(tasks).map((one) => ctx.serviceClient(slicedCalls).run(one));
      return (await RestatePromise.all(calls)).flat().length;
    },
    /** The same, of a handler in another process. */
    remoteCalls: async (ctx: Context, { tasks }: { tasks: number }) => {
      const calls = slices(tasks).map((one) => ctx.serviceClient(slicedCalls).remote(one));
      return (await RestatePromise.all(calls)).flat().length;
    },
    /** One call per 100 tasks, each task a step of it. */
    chunked: async (ctx: Context, { tasks }: { tasks: number }) => {
      const calls = slices(tasks).map((one) => ctx.serviceClient(slice).run(one));
      return (await RestatePromise.all(calls)).flat().length;
    },
  },
});

// --- internal ---

const SLICE = 100;

type Slice = { readonly first: number; readonly size: number };

function slices(tasks: number): Slice[] {
  return Array.from({ length: Math.ceil(tasks / SLICE) }, (_, at) => {
    const first = at * SLICE;
    return { first, size: Math.min(SLICE, tasks - first) };
  });
}

const numbers = ({ first, size }: Slice) => Array.from({ length: size }, (_, at) => first + at);
