import { action, type ActionOptions, type AnyAction } from "../../../services/actions.ts";
import type { TaskOutcome } from "../../../services/contract/task.ts";
import { Execution, type ExecutionOptions } from "../../../services/task/executor/execution.ts";
import type { Group, PendingTask } from "../../../services/task/executor/group.ts";
import { parseLine } from "../../../services/task/record.ts";
import type { FakeClock } from "./fake-clock.ts";
import { stageLimiters, yieldTo } from "./limiters.ts";
import { stagePlan } from "./plans.ts";

type Plan = ExecutionOptions["plan"];

interface Setting extends Partial<Omit<ExecutionOptions, "plan" | "tasks" | "action">> {
  readonly clock: FakeClock;
  readonly tasks?: number | readonly PendingTask[];
  readonly plan?: Partial<Plan>;
  readonly run?: ActionOptions<unknown, unknown>["run"];
  readonly action?: AnyAction;
}

/** An execution in which only what matters to the test is said. */
export function executionOf(setting: Setting): Execution {
  const { clock, tasks = 1, plan, run = () => null, ...options } = setting;
  const all =
    typeof tasks === "number" ? Array.from({ length: tasks }, (_, at) => untried(at)) : tasks;
  const execution = new Execution({
    jobId: "job",
    jobStartedAt: 0,
    stage: 0,
    generation: 1,
    action: action({ name: "work", run }),
    next: null,
    window: 100,
    granted: options.window ?? 100,
    released: 0,
    isIntroduced: false,
    limiters: [],
    limitersUnder: stageLimiters("job", options.limiters),
    lastKnown: -1,
    inputOf: (index) => ({ item: index }),
    isEager: false,
    decisive: { succeeded: null, failed: null },
    beatMs: 1_000,
    startedAt: clock.now(),
    committedBytes: 0,
    unsavedBytes: 0,
    directive: null,
    isSuspect: false,
    log: () => undefined,
    spans: null,
    room: { items: Infinity, bytes: Infinity, tasks: Infinity },
    random: () => 0.5,
    ...options,
    clock,
    plan: { ...stagePlan(), ...plan },
    tasks: all,
  });
  indexesOf.set(
    execution,
    all.map(({ index }) => index),
  );
  return execution;
}

const indexesOf = new WeakMap<Execution, readonly number[]>();

export function untried(index: number): PendingTask {
  return {
    index,
    parent: null,
    origin: index,
    attempts: 0,
    readyAt: 0,
    startedAt: null,
    spentMs: 0,
  };
}

/** Takes groups until the last one; each commit takes `commitMs`. What is wanted in a report is given. */
export async function runToEnd(
  execution: Execution,
  clock: FakeClock,
  { commitMs = 0 } = {},
): Promise<Group[]> {
  const groups: Group[] = [];
  const commits = async () => {
    let open = indexesOf.get(execution) ?? [];
    do {
      const group = await execution.take();
      groups.push(group);
      const ended = new Set(outcomesOf([group]).map(({ index }) => index));
      const { returnedFrom } = group.head;
      open = open.filter((index) => !ended.has(index) && index < (returnedFrom ?? Infinity));
      if (commitMs > 0) await clock.sleep(commitMs);
      const { report, wants } = group.head;
      if (report && wants !== undefined) execution.direct(yieldTo({}, 1, wants));
    } while (open.length > 0);
  };
  await clock.until(commits());
  execution.stop();
  return groups;
}

export function outcomesOf(groups: readonly Group[]): TaskOutcome[] {
  return groups.flatMap(({ head, lines }) =>
    lines
      .slice(0, head.outcomes)
      .map((line) => parseLine(line, { jobId: "job", stage: 0, startedAt: 0 })),
  );
}

/** Tasks that start when the executor starts them, and end when the test says so. */
export class ByHand {
  readonly started: number[] = [];
  readonly signals = new Map<number, AbortSignal>();
  most = 0;
  readonly #open = new Map<number, { finish(result: unknown): void; fail(error: unknown): void }>();

  readonly run: ActionOptions<unknown, unknown>["run"] = ({ index }, { signal }) => {
    this.started.push(index);
    this.signals.set(index, signal);
    const { promise, resolve: finish, reject: fail } = Promise.withResolvers<unknown>();
    this.#open.set(index, { finish, fail });
    this.most = Math.max(this.most, this.#open.size);
    return promise;
  };

  get running(): number[] {
    return [...this.#open.keys()];
  }

  finish(index: number, result: unknown = null): void {
    this.#take(index).finish(result);
  }

  fail(index: number, error: unknown = new Error("no")): void {
    this.#take(index).fail(error);
  }

  finishAll(): void {
    for (const index of this.running) this.finish(index);
  }

  #take(index: number) {
    const task = this.#open.get(index);
    if (!task) throw new Error(`task ${index} is not running`);
    this.#open.delete(index);
    return task;
  }
}
