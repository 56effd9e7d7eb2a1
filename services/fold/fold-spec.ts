/** What a user's fold has to go through, and how far it is. */
export interface FoldSpec {
  readonly jobId: string;
  readonly epoch: string;
  readonly generation: number;
  readonly stage: number;
  /** the job's start, in milliseconds since 1970 */
  readonly startedAt: number;
  readonly fold: string;
  /** of one step */
  readonly timeoutMs: number;
  /** outcomes of the stage */
  readonly total: number;
  /** index of the first outcome that no step has seen */
  readonly next: number;
  /** the accumulator as JSON; null: nothing has begun */
  readonly acc: string | null;
}
