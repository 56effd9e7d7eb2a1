export const EXIT = { done: 0, failure: 1, partial: 2, interrupted: 130 } as const;

/** For the help and the reference. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.done, "done; of a job that was waited for: it succeeded, and no task failed"],
  [EXIT.failure, "wrong usage, or the command failed: standard error says how"],
  [
    EXIT.partial,
    "the job that was waited for has ended FAILED or CANCELLED, or some of its tasks failed",
  ],
  [EXIT.interrupted, "interrupted, by Ctrl-C for instance; a job goes on"],
];
