import fc from "fast-check";
import { expect, it } from "vitest";
import type { Fanout, JobRequest, TaskOutcome } from "../../services/contract/index.ts";
import { reproducibly } from "../support/fuzz.ts";
import type { JobClient } from "../support/job-client.ts";
import { fated, itemsOf, modelJob, type Behaviour, type ModelTask } from "../support/model.ts";
import { isReplayed, startTestFanfold } from "../support/test-fanfold.ts";

const { job } = await startTestFanfold({ actions: [fated] });

const AT_ONCE = 4;
const ROUNDS = isReplayed ? 4 : 7;

it("random jobs come out as a plain sequential model says", { timeout: 150_000 }, async () => {
  await reproducibly(async (options) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyJob, { minLength: AT_ONCE, maxLength: AT_ONCE }),
        async (jobs) => {
          await Promise.all(jobs.map(check));
        },
      ),
      { ...options, numRuns: ROUNDS },
    );
  });
});

// --- internal ---

interface RandomJob {
  readonly fanout: Fanout;
  readonly appends: readonly { readonly fanout: Fanout; readonly pauseMs: number }[];
  readonly isOpen: boolean;
  readonly isChain: boolean;
  readonly behaviours: readonly Behaviour[];
  readonly concurrency: readonly number[];
  readonly policies: readonly ("complete-all" | "best-effort")[];
}

const fanout: fc.Arbitrary<Fanout> = fc.oneof(
  fc.record({ tasks: fc.integer({ min: 0, max: 60 }) }),
  fc.record({
    range: fc.record(
      {
        start: fc.integer({ min: -50, max: 50 }),
        stop: fc.integer({ min: -50, max: 50 }),
        step: fc.constantFrom(1, 2, -1, -3),
        batch: fc.integer({ min: 1, max: 5 }),
      },
      { requiredKeys: ["start", "stop"] },
    ),
  }),
  fc.record({
    foreach: fc.record(
      {
        items: fc.array(fc.oneof(fc.integer(), fc.string(), fc.record({ a: fc.boolean() })), {
          maxLength: 60,
        }),
        batch: fc.integer({ min: 1, max: 7 }),
      },
      { requiredKeys: ["items"] },
    ),
  }),
);

const share = fc.constantFrom(0, 0, 10, 30, 100);
const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  seed: fc.nat(),
  fatal: fc.constantFrom(0, 0, 5, 20),
  flaky: share,
  emitting: share,
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  napMs: fc.constantFrom(0, 0, 10, 60),
});

const three = <T>(of: fc.Arbitrary<T>) => fc.array(of, { minLength: 3, maxLength: 3 });
const anyJob: fc.Arbitrary<RandomJob> = fc.record({
  fanout,
  appends: fc.array(fc.record({ fanout, pauseMs: fc.integer({ min: 0, max: 150 }) }), {
    maxLength: 3,
  }),
  isOpen: fc.boolean(),
  isChain: fc.boolean(),
  behaviours: fc.array(behaviour, { minLength: 1, maxLength: 3 }),
  concurrency: three(fc.constantFrom(1, 3, 20, 1_000)),
  policies: three(fc.constantFrom("complete-all", "best-effort")),
});

async function check(random: RandomJob): Promise<void> {
  const one = job();
  await one.submit(requestOf(random));
  const fed = [random.fanout];
  if (random.isOpen) {
    for (const append of random.appends) {
      await new Promise((resolve) => setTimeout(resolve, append.pauseMs));
      fed.push(append.fanout);
      const total = fed.reduce((sum, each) => sum + itemsOf(each).length, 0);
      expect(await one.append({ fanout: append.fanout })).toEqual({
        accepted: itemsOf(append.fanout).length,
        total,
      });
    }
    await one.seal();
  }
  await compare(one, modelJob(fed.flatMap(itemsOf), random.behaviours), random);
}

function requestOf({
  fanout: first,
  isOpen,
  isChain,
  behaviours,
  concurrency,
  policies,
}: RandomJob): JobRequest {
  const stages = behaviours.map(({ maxAttempts }, at) => ({
    action: "fated",
    retry: { maxAttempts, initialInterval: "5ms", factor: 1.5 },
    limits: { concurrency: concurrency[at] ?? 1 },
    failurePolicy: policies[at] ?? "complete-all",
  }));
  const [{ action, ...firstOptions } = { action: "fated" }, ...nextActions] = stages;
  const common = { payload: { behaviours }, fanout: first, open: isOpen };
  // Options of the job are every stage's; each stage here has its own, so both forms mean the same.
  return isChain
    ? { ...common, actionChain: stages }
    : { ...common, action, ...firstOptions, nextActions };
}

/** Compares a job with the model: stage by stage, the tasks of the model in the order of their recording. */
async function compare(one: JobClient, model: ModelTask[], { behaviours, policies }: RandomJob) {
  const outcome = await one.outcome();
  const expected: { status: string; counts: object }[] = [];
  let tasks: readonly ModelTask[] = model;
  let retries = 0;
  for (const stage of behaviours.keys()) {
    const outcomes = await one.allResults({ stage });
    expect(outcomes.length).toBe(tasks.length);
    for (const [index, task] of tasks.entries()) {
      compareTask(outcomes[index], task, {
        jobId: one.id,
        stage,
        index,
        isLast: stage === behaviours.length - 1,
      });
      retries += task.fate.attempts - 1;
    }
    const succeeded = tasks.filter(({ fate }) => fate.status === "SUCCEEDED").length;
    const isMet =
      policies[stage] === "best-effort"
        ? succeeded > 0 || tasks.length === 0
        : succeeded === tasks.length;
    expected.push({
      status: isMet ? "SUCCEEDED" : "FAILED",
      counts: {
        total: tasks.length,
        SUCCEEDED: succeeded,
        FAILED: tasks.length - succeeded,
        CANCELLED: 0,
      },
    });
    expect(outcome.stages[stage]?.result).toEqual(collected(tasks, outcomes));
    if (stage < behaviours.length - 1) tasks = await inRecordedOrder(one, stage, tasks);
  }
  expect(outcome.stages.map(({ status, taskCounts }) => ({ status, counts: taskCounts }))).toEqual(
    expected,
  );
  expect(outcome.status).toBe(
    expected.every(({ status }) => status === "SUCCEEDED") ? "SUCCEEDED" : "FAILED",
  );
  expect(outcome.result).toEqual(outcome.stages.at(-1)?.result);
  expect(outcome.receipt.retries).toBe(retries);
  expect(await one.verify()).toMatchObject({
    ok: true,
    inFlight: 0,
    checked: outcome.taskCounts.total,
  });
}

function compareTask(
  outcome: TaskOutcome | undefined,
  { given, fate, children }: ModelTask,
  { jobId, stage, index, isLast }: { jobId: string; stage: number; index: number; isLast: boolean },
): void {
  expect(outcome).toMatchObject({
    jobId,
    stage,
    index,
    taskId: `${jobId}/${stage}/${index}`,
    origin: given.origin,
    generation: 1,
    status: fate.status,
    attempts: fate.attempts,
    ...(fate.status === "SUCCEEDED" ? { result: fate.result } : { error: { code: fate.code } }),
    ...(isLast ? {} : { emitted: children.length }),
  });
}

/** The tasks of the next stage in their real order: each parent's together, as the model has them. */
async function inRecordedOrder(
  one: JobClient,
  stage: number,
  tasks: readonly ModelTask[],
): Promise<ModelTask[]> {
  const parents: string[] = [];
  for (const { parent } of await one.allResults({ stage: stage + 1 })) {
    if (parent === null) throw new Error(`a task of stage ${stage + 1} has no parent`);
    if (parents.at(-1) !== parent) parents.push(parent);
  }
  expect(new Set(parents).size).toBe(parents.length);
  return parents.flatMap((parent) => tasks[Number(parent.split("/").at(-1))]?.children ?? []);
}

function collected(tasks: readonly ModelTask[], outcomes: readonly TaskOutcome[]): unknown {
  if (tasks.length > 1_000) return null;
  return tasks.map(({ fate }, at) =>
    fate.status === "SUCCEEDED"
      ? { ok: true, value: fate.result }
      : { ok: false, error: outcomes[at]?.error },
  );
}
