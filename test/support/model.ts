import {
  action,
  emit,
  RetryableError,
  TerminalError,
  type EmittedFanout,
} from "../../services/actions.ts";
import type { Fanout, Task } from "../../services/contract/index.ts";

/** How the tasks of one stage behave: shares of 100, drawn anew for each task by its item. */
export interface Behaviour {
  readonly seed: number;
  /** fail for good at their first attempt */
  readonly fatal: number;
  /** fail one to four attempts before they succeed */
  readonly flaky: number;
  /** pass on a fan-out of their own, or nothing, and not their result */
  readonly emitting: number;
  readonly maxAttempts: number;
  /** at most so many milliseconds */
  readonly napMs: number;
}

/** What becomes of a task, told from what it is given alone. */
interface Fate {
  readonly status: "SUCCEEDED" | "FAILED";
  readonly attempts: number;
  readonly code?: "FATAL" | "FLAKY";
  readonly result?: unknown;
  /** what it emits; undefined: its result as it is */
  readonly emitted?: EmittedFanout | null;
}

export type Given = Pick<Task, "stage" | "origin"> & { readonly item: unknown };

export function fateOf(behaviour: Behaviour, given: Given): Fate {
  const draw = (what: string) =>
    hash(`${behaviour.seed}/${what}/${JSON.stringify(given)}`) / 2 ** 32;
  if (draw("fatal") * 100 < behaviour.fatal)
    return { status: "FAILED", attempts: 1, code: "FATAL" };
  const failures = draw("flaky") * 100 < behaviour.flaky ? 1 + Math.floor(draw("failures") * 4) : 0;
  if (failures >= behaviour.maxAttempts) {
    return { status: "FAILED", attempts: behaviour.maxAttempts, code: "FLAKY" };
  }
  const result = { from: given.item, luck: Math.floor(draw("result") * 1_000) };
  const succeeded: Fate = { status: "SUCCEEDED", attempts: failures + 1, result };
  if (draw("emitting") * 100 >= behaviour.emitting) return succeeded;
  return { ...succeeded, emitted: emission(Math.floor(draw("kind") * 8), given, result.luck) };
}

/** Does what its fate says. */
export const fated = action<{ behaviours: Behaviour[]; item?: unknown }>({
  name: "fated",
  run: async ({ input, stage, origin, attempt }, { signal }) => {
    const behaviour = input.behaviours[stage];
    if (!behaviour) throw new TypeError(`no behaviour of stage ${stage}`);
    const given = { stage, origin, item: input.item ?? null };
    const fate = fateOf(behaviour, given);
    const ms = hash(JSON.stringify(given)) % (behaviour.napMs + 1);
    if (ms > 0) await nap(ms, signal);
    if (fate.code === "FATAL") throw new TerminalError("fatal", { code: "FATAL" });
    if (fate.code === "FLAKY" || attempt < fate.attempts) {
      throw new RetryableError(`attempt ${attempt}`, { code: "FLAKY" });
    }
    return fate.emitted === undefined ? fate.result : emit(fate.result, fate.emitted);
  },
});

/** A task as the sequential model runs it. */
export interface ModelTask {
  readonly given: Given;
  readonly fate: Fate;
  /** the tasks it gives to the next stage, in order; none in the last stage */
  readonly children: readonly ModelTask[];
}

/** Runs stage 0's items through all stages, one task after the other. */
export function modelJob(items: readonly unknown[], behaviours: readonly Behaviour[]): ModelTask[] {
  return items.map((item, origin) => modelTask({ stage: 0, origin, item }, behaviours));
}

/** The items of a fan-out's tasks; null where it gives none. */
export function itemsOf({ foreach, range, tasks = 0 }: Fanout): unknown[] {
  if (foreach) return inBatches(foreach.items, foreach.batch);
  if (!range) return Array.from({ length: tasks }, () => null);
  const { start, stop, step = 1 } = range;
  const numbers: number[] = [];
  for (let n = start; step > 0 ? n <= stop : n >= stop; n += step) numbers.push(n);
  return inBatches(numbers, range.batch);
}

// --- internal ---

function modelTask(given: Given, behaviours: readonly Behaviour[]): ModelTask {
  const [behaviour, isLast] = [behaviours[given.stage], given.stage === behaviours.length - 1];
  if (!behaviour) throw new TypeError(`no behaviour of stage ${given.stage}`);
  const fate = fateOf(behaviour, given);
  if (fate.status === "FAILED" || isLast) return { given, fate, children: [] };
  const passed =
    fate.emitted === undefined ? [fate.result] : fate.emitted === null ? [] : itemsOf(fate.emitted);
  const next = { stage: given.stage + 1, origin: given.origin };
  return { given, fate, children: passed.map((item) => modelTask({ ...next, item }, behaviours)) };
}

function emission(kind: number, { item }: Given, luck: number): EmittedFanout | null {
  const few = luck % 4;
  const items = Array.from({ length: few }, (_, n) => ({ n, item }));
  switch (kind) {
    case 0:
      return null;
    case 1:
      return { tasks: few };
    case 2:
      return { range: { start: luck, stop: luck + few } };
    case 3:
      return { range: { start: luck, stop: luck - 2 * few, step: -2, batch: 2 } };
    case 4:
      return { foreach: { items, batch: 2 } };
    default:
      return { foreach: { items } };
  }
}

function inBatches(items: readonly unknown[], batch: number | undefined): unknown[] {
  if (batch === undefined) return [...items];
  const batches: unknown[] = [];
  for (let at = 0; at < items.length; at += batch) batches.push(items.slice(at, at + batch));
  return batches;
}

/** FNV-1a, 32 bits, stirred. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  return (value ^ (value >>> 13)) >>> 0;
}

function nap(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    });
  });
}
