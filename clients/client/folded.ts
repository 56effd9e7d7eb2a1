import type { Fold } from "../../services/contract/job-request.ts";
import type { TaskError } from "../../services/contract/task.ts";

/** What a stage's results come to by its fold; without one that is `collect`. */
export type Folded<By extends Fold | undefined, Result> = By extends "collect" | undefined
  ? Collected<Result>[] | null
  : By extends "none"
    ? null
    : By extends "count"
      ? number
      : By extends { readonly stats: unknown }
        ? Stats
        : By extends { readonly groupBy: unknown }
          ? Groups
          : By extends { readonly topK: unknown }
            ? Top
            : unknown;

/** Null where there are too many for one answer: then `truncated` is true, and `results()` has them. */
export type Collected<Result> =
  { readonly ok: true; readonly value: Result } | { readonly ok: false; readonly error: TaskError };

export interface Stats {
  readonly count: number;
  readonly sum: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly stddev: number | null;
  readonly skipped: number;
}

export interface Groups {
  readonly groups: Readonly<Record<string, number>>;
  readonly other: number;
  readonly skipped: number;
}

/** The greatest first. */
export interface Top {
  readonly top: readonly { readonly index: number; readonly value: number }[];
  readonly skipped: number;
}
