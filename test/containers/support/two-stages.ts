import type { AnyJob } from "../../../clients/client/index.ts";

export interface TwoStages {
  /** tasks of the first stage */
  readonly first: number;
  /** that each of them gives to the second */
  readonly each: number;
  /** how many run at once in each stage */
  readonly concurrency: number;
}

/** A job of two stages whose tasks take 20 ms; somebody is told of each end. */
export function twoStages({ first, each, concurrency }: TwoStages) {
  const onComplete = [{ action: "told" }];
  return {
    actionChain: [
      { action: "spread", onComplete },
      { action: "visit", onComplete },
    ],
    payload: { each, sleepMs: 20 },
    fanout: { tasks: first },
    limits: { concurrency },
    fold: "none",
    onComplete,
  } as const;
}

/** Resolves when so many tasks of the second stage have succeeded, while others wait: the job is in its middle. */
export async function inTheMiddle(job: AnyJob, succeeded: number): Promise<void> {
  for await (const { status, stages } of job.watch({ everyMs: 100 })) {
    if (status !== "RUNNING") throw new Error(`The job is ${status} before its middle was seen.`);
    if ((stages[1]?.counts.succeeded ?? 0) >= succeeded) return;
  }
}
