import { setTimeout as sleep } from "node:timers/promises";
import { action, type Action, type ActionOptions } from "../../services/actions.ts";

/** When an attempt began and ended. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface WatchedInput {
  readonly ms?: number;
  readonly failures?: number;
}

/** An action that takes `ms` and fails its first `failures` attempts; every attempt is remembered. */
export function watched(
  name: string,
  limits: NonNullable<ActionOptions<unknown, unknown>["limits"]> = {},
): Action<WatchedInput, number> & { spansOf(...jobs: string[]): Span[] } {
  const seen: { readonly job: string; readonly from: number; to: number }[] = [];
  return {
    ...action<WatchedInput, number>({
      name,
      limits,
      run: async ({ jobId, index, attempt, input: { ms = 0, failures = 0 } }, { signal }) => {
        const span = { job: jobId, from: performance.now(), to: Infinity };
        seen.push(span);
        try {
          if (ms > 0) await sleep(ms, undefined, { signal });
          if (attempt <= failures) throw new Error("not yet");
          return index;
        } finally {
          span.to = performance.now();
        }
      },
    }),
    spansOf: (...jobs) => seen.filter(({ job }) => jobs.includes(job)),
  };
}

/** The most of these that ran at the same time. */
export function peak(spans: readonly Span[]): number {
  const changes = spans.flatMap(({ from, to }) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  let running = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}

/** The most starts in any time of this length. */
export function busiest(spans: readonly Pick<Span, "from">[], ms: number): number {
  const starts = spans.map(({ from }) => from).sort((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [at, start] of starts.entries()) {
    while (starts[first]! <= start - ms) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}

/** Starts in a second, from the first to the last. */
export function pace(spans: readonly Pick<Span, "from">[]): number {
  const starts = spans.map(({ from }) => from);
  return ((spans.length - 1) * 1_000) / (Math.max(...starts) - Math.min(...starts));
}
