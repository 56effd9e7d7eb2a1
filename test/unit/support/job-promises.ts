import { expect } from "vitest";
import { PAGE, type Backlog } from "../../../services/job/core/backlog.ts";
import { boundsOf, MAX_IN_FLIGHT } from "../../../services/job/core/dispatch.ts";
import type { Segment } from "../../../services/job/core/segments.ts";
import { backlogsOf, waitingTasks, type JobState } from "../../../services/job/core/state.ts";
import { jobStatus } from "../../../services/job/core/views.ts";
import type { Limits } from "../../../services/limits/core/lease.ts";
import type { Directive } from "../../../services/task/directive.ts";
import type { JobModel } from "./job-model.ts";
import { inOrder, tasksOf } from "./segments.ts";

/** What holds at every moment: the job is as the naive model says, and its limits are kept. */
export function checkState(before: JobState, state: JobState, model: JobModel): void {
  const { status, generation, isPaused, isScheduled, stop } = state;
  expect({ status, generation, isPaused, isScheduled, stop: stop?.as ?? null }).toEqual({
    status: model.status ?? "RUNNING",
    generation: model.generation,
    isPaused: model.isPaused,
    isScheduled: model.isScheduled,
    stop: model.stoppedAs,
  });
  for (const { stage: at, status, counts } of jobStatus("job", state).stages) {
    const stage = state.stages[at]!;
    const expected = model.stages[at]!;
    const { total, succeeded, failed, cancelled, ...moving } = counts;
    expect(succeeded + failed + cancelled + sum(Object.values(moving))).toBe(total);
    expect(Math.min(...Object.values(counts))).toBeGreaterThanOrEqual(0);
    expect({
      total,
      succeeded,
      failed,
      cancelled,
      waiting: waitingTasks(stage),
      chunks: Object.keys(stage.chunks).length,
      retries: stage.retries,
      sealed: stage.sealed,
      status: status === "PENDING" ? "RUNNING" : status,
      stop: stage.stop?.as ?? null,
      fold: stage.folding,
    }).toEqual({
      total: expected.tasks.length,
      succeeded: expected.count("SUCCEEDED"),
      failed: expected.count("FAILED"),
      cancelled: expected.count("CANCELLED"),
      waiting: expected.count("waiting"),
      chunks: expected.chunks,
      retries: expected.retries,
      sealed: model.isSealed(at),
      status: expected.status ?? "RUNNING",
      stop: expected.stoppedAs,
      fold: expected.fold,
    });
    const hot = [...backlogsOf(stage), ...stage.dropped.map(({ backlog }) => backlog)];
    expect(Math.max(...hot.map(({ head, tail }) => head.length + tail.length))).toBeLessThan(
      MOST_HOT,
    );
    for (const { head, tail } of hot)
      expect([...head, ...tail]).toEqual(inOrder([...head, ...tail]));
    expect(stage.dropped.length).toBeLessThanOrEqual(generation);
    // Windows given before a limit was lowered may be more, but do not grow.
    const most = Math.max(boundsOf(state.plan.stages[at]!).concurrency, windows(before, at));
    expect(windows(state, at)).toBeLessThanOrEqual(most);
  }
}

/** A chunk whose runner is known has been told what holds: more slots than a stage has it does not use. */
export function checkOrders(state: JobState, told: ReadonlyMap<string, Directive>): void {
  for (const [at, { stop, chunks }] of state.stages.entries()) {
    const reading = at === 0 ? state.source?.reading : null;
    for (const { invocation } of [...Object.values(chunks), ...(reading ? [reading] : [])]) {
      if (invocation === null) continue;
      const directive = told.get(invocation);
      const type = directive?.type;
      if (stop) expect(type).toBe("stop");
      else if (state.isPaused) expect(type).toBe("pause");
      else expect(type).not.toBe("pause");
      if (directive?.type === "yield") {
        checkLimits(directive.limits, state, invocation === reading?.invocation ? null : at);
      }
    }
  }
}

/**
 * What holds at the end: it comes after the beginning and says why, and every task that a stop kept from
 * starting is kept with the generation of that stop, in order, so that pages can be searched.
 */
export function checkEnd(
  { stages, status, reason, startedAt, generationAt, endedAt, earlierMs }: JobState,
  model: JobModel,
  pagesIn: (at: number, backlog: Backlog) => readonly Segment[],
): void {
  expect(reason === null).toBe(status === "SUCCEEDED");
  expect(endedAt).toBeGreaterThanOrEqual(Math.max(startedAt, generationAt));
  expect(earlierMs).toBeGreaterThanOrEqual(0);
  for (const [at, { dropped }] of stages.entries()) {
    const { tasks, dropped: expected } = model.stages[at]!;
    const kept = dropped.flatMap(({ generation, backlog }) => {
      const pages = pagesIn(at, backlog);
      const segments = [...backlog.head, ...pages, ...backlog.tail];
      expect(segments).toEqual(inOrder(segments));
      return tasksOf(segments).map((task) => ({ ...task, generation }));
    });
    expect(kept.toSorted((a, b) => a.index - b.index)).toEqual(
      expected.map((index) => {
        const { input, droppedIn: generation } = tasks[index]!;
        return { index, input, generation };
      }),
    );
  }
}

// --- internal ---

/** Segments of a backlog that the hot state holds: a page at both ends, and what all chunks gave back. */
const MOST_HOT = 3 * PAGE + MAX_IN_FLIGHT * 16;

/** `at`: the stage; null: its source, which no stage limits. */
function checkLimits({ concurrency, rate }: Limits, state: JobState, at: number | null): void {
  if (at === null) return expect({ concurrency, rate }).toEqual({ concurrency: null, rate: null });
  const plan = state.plan.stages[at]!;
  expect(rate).toEqual(plan.rate);
  if (windows(state, at) > plan.concurrency) expect(concurrency).toBe(plan.concurrency);
  if (concurrency !== null) expect(concurrency).toBe(plan.concurrency);
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);

const windows = (state: JobState, at: number) =>
  sum(Object.values(state.stages[at]!.chunks).map(({ window }) => window));
