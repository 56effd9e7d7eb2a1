import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { action, emit, fold, RetryableError, TerminalError } from "../../../services/actions.ts";
import { durableAction } from "../../../services/durable-action.ts";
import type { Task } from "../../../services/contract/task.ts";
import type { Definition } from "../../../services/registry.ts";
import { recordRun } from "./run-log.ts";

const Waiting = z.object({ sleepMs: z.number().default(0) });
const Deadly = Waiting.extend({ indexes: z.array(z.int()) });

/** Does nothing for `sleepMs`, by default for 5-20 ms; returns `bytes` of padding if asked. */
const wait = action({
  name: "wait",
  input: z.object({ sleepMs: z.number().optional(), bytes: z.int().default(0) }),
  run: async (task) => {
    recordRun(task);
    await sleep(task.input.sleepMs ?? 5 + ((task.index * 7) % 16));
    return {
      index: task.index,
      ...(task.input.bytes ? { padding: "x".repeat(task.input.bytes) } : {}),
    };
  },
});

/** Returns its item after 2-10 ms. */
const echo = action({
  name: "echo",
  run: async (task: Task<{ item?: unknown }>) => {
    recordRun(task);
    await sleep(2 + (task.index % 9));
    return task.input.item;
  },
});

/** Gives `each` tasks to the next stage. */
const spread = action({
  name: "spread",
  input: Waiting.extend({ each: z.int() }),
  run: async (task) => {
    recordRun(task);
    await sleep(task.input.sleepMs);
    const items = Array.from({ length: task.input.each }, (_, n) => `${task.index}.${n}`);
    return emit(task.index, { foreach: { items } });
  },
});

/** A source of so many pages, whose items are numbered through; every third page is empty. */
const numbered = action({
  name: "numbered",
  input: z.object({ pages: z.int(), each: z.int(), cursor: z.int().nullable() }),
  run: async (task) => {
    recordRun(task);
    await sleep(2 + (task.index % 9));
    const { pages, each, cursor } = task.input;
    const page = cursor ?? 0;
    const first = (page - Math.floor((page + 1) / 3)) * each;
    const items = Array.from({ length: page % 3 === 1 ? 0 : each }, (_, at) => first + at);
    return { items, cursor: page + 1 === pages ? null : page + 1 };
  },
});

/** Fails on its first `failures` attempts. */
const fail = action({
  name: "fail",
  input: Waiting.extend({ failures: z.int() }),
  run: async (task) => {
    recordRun(task);
    await sleep(task.input.sleepMs);
    if (task.attempt <= task.input.failures) throw new RetryableError(`attempt ${task.attempt}`);
    return task.attempt;
  },
});

/** In generation g every task whose number 3 to the power of g divides fails for good; the others pass two on. */
const relapse = action({
  name: "relapse",
  input: Waiting,
  run: async (task) => {
    recordRun(task);
    await sleep(task.input.sleepMs);
    if ((task.index + 1) % 3 ** task.generation === 0) throw new TerminalError("not yet");
    return emit(task.index, { foreach: { items: [`${task.index}.0`, `${task.index}.1`] } });
  },
});

/** Two steps and a sleep of 5-20 ms, or of `sleepMs`, between them; fails on its first `failures` attempts. */
const durableSteps = durableAction({
  name: "durable_steps",
  input: z.object({ sleepMs: z.number().optional(), failures: z.int().default(0) }),
  run: async (ctx, task) => {
    await ctx.run("first", () => recordRun(task));
    await ctx.sleep(task.input.sleepMs ?? 5 + ((task.index * 7) % 16));
    if (task.attempt <= task.input.failures) throw new RetryableError(`attempt ${task.attempt}`);
    return ctx.run("second", () => task.index);
  },
});

/** One step of `sleepMs`. */
const durableStep = durableAction({
  name: "durable_step",
  input: Waiting,
  run: (ctx, task) =>
    ctx.run("the step", async () => {
      recordRun(task);
      await sleep(task.input.sleepMs);
    }),
});

/** Hears of ends. */
const told = action({ name: "told", run: recordRun });

/** Kinds of death for tasks with the given indexes; the others only wait. */
const deaths: Record<string, (task: Task) => unknown> = {
  exit: () => process.exit(1),
  abort: () => process.abort(),
  kill: async () => {
    process.kill(process.pid, "SIGKILL");
    await sleep(60_000);
  },
  block: () => {
    for (;;);
  },
  reject: async ({ index }) => {
    void Promise.reject(new Error(`left behind by ${index}`));
    await sleep(200);
  },
  throw: async ({ index }) => {
    setTimeout(() => {
      throw new Error(`timer of ${index}`);
    }, 10);
    await sleep(200);
  },
};

const deadly = Object.entries(deaths).map(([name, die]) =>
  action({
    name,
    input: Deadly,
    run: async (task) => {
      recordRun(task);
      await sleep(task.input.sleepMs);
      if (task.input.indexes.includes(task.index)) await die(task);
      return task.index;
    },
  }),
);

/** Takes a millisecond for each outcome, and says where one came twice, too late or not at all. */
const slowly = fold({
  name: "slowly",
  init: { next: 0, errors: [] as string[] },
  step: async (acc, { index }) => {
    await sleep(1);
    if (index !== acc.next) acc.errors.push(`${index} instead of ${acc.next}`);
    return { ...acc, next: index + 1 };
  },
});

/** Takes 300 milliseconds for each outcome, and writes each down. */
const notedFold = fold({
  name: "noted_fold",
  init: 0,
  step: async (seen, { jobId, index }) => {
    recordRun({ taskId: `${jobId}/fold/${index}`, attempt: 1 });
    await sleep(300);
    return seen + 1;
  },
});

const blockingFold = fold({
  name: "blocking_fold",
  init: 0,
  step: () => {
    for (;;);
  },
});

export const chaosActions: readonly Definition[] = [
  wait,
  echo,
  spread,
  numbered,
  fail,
  relapse,
  durableSteps,
  durableStep,
  told,
  ...deadly,
  slowly,
  notedFold,
  blockingFold,
];
