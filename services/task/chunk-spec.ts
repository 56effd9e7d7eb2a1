import type { StagePlan } from "../job/core/plan.ts";
import type { Decisive } from "../job/core/policy.ts";
import type { Segment } from "../job/core/segments.ts";

/** Everything a chunk needs to run: tasks of one block of a stage in index order, and where their inputs are. */
export interface ChunkSpec {
  readonly jobId: string;
  /** milliseconds since 1970 */
  readonly jobStartedAt: number;
  readonly epoch: string;
  readonly generation: number;
  readonly stage: number;
  readonly chunk: number;
  /** number of the newest order of its stage when it was sent */
  readonly order: number;
  readonly first: number;
  readonly size: number;
  /** how many of its tasks may run at once */
  readonly window: number;
  readonly slices: readonly Segment[];
  readonly plan: Pick<
    StagePlan,
    | "action"
    | "call"
    | "payload"
    | "rate"
    | "shared"
    | "retry"
    | "timeoutMs"
    | "graceMs"
    | "durability"
    | "fold"
  >;
  readonly next: { readonly stage: number; readonly action: string } | null;
  /** other tasks of its stage wait for its slots */
  readonly isAwaited: boolean;
  /** what the next stage may still take: stored items and their bytes, and tasks of any kind */
  readonly room: Room;
  /** the next stage waits for its first task */
  readonly isEager: boolean;
  /** as of when it was sent */
  readonly decisive: Decisive;
  /** at least, from one of its reports to the next, unless somebody waits for it */
  readonly beatMs: number;
  /** so many earlier runners of it were killed */
  readonly takeovers: number;
  /** the stage keeps its results inline */
  readonly collects: boolean;
  /** of a page: the input field that each of its items arrives in */
  readonly itemsAs?: string;
}

export interface Room {
  readonly items: number;
  readonly bytes: number;
  readonly tasks: number;
}

/** Pieces and reports of a runner have higher numbers: above all that killed ones may have under way. */
export const numbersBelow = ({ takeovers }: ChunkSpec): number => takeovers * 1_000_000;

/** Key of the Data object that holds the outcomes of a block of a stage's tasks. */
export function blockKey(jobId: string, epoch: string, stage: number, block: number): string {
  return `${jobId}/${epoch}/${stage}/${block}`;
}
