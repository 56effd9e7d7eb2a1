/** Bounds of the contract. Bytes are of the JSON text. */
export const LIMITS = {
  /** body of a request or an append */
  requestBytes: 8 * 1024 * 1024,
  /** result of one task */
  resultBytes: 1024 * 1024,
  /** fan-out emitted by one task */
  emissionBytes: 8 * 1024 * 1024,
  /** one group commit, and one stored value */
  commitBytes: 1024 * 1024,
  /** outcomes of one group commit */
  commitOutcomes: 500,
  /** one page of results */
  pageBytes: 4 * 1024 * 1024,
  pageOutcomes: 1_000,
  /** `collect` keeps results inline up to this many tasks and bytes */
  collectTasks: 1_000,
  collectBytes: 1024 * 1024,
  stages: 16,
  appendItems: 10_000,
  /** cursor of a page of a dynamic fan-out */
  cursorBytes: 64 * 1024,
  tasksPerStage: 1_000_000_000,
  /** stored items of a job that no task has taken yet */
  backlogItems: 10_000_000,
  backlogBytes: 1024 * 1024 * 1024,
  concurrency: 100_000,
  batch: 1_000,
  labels: 16,
  /** a label's name, `=` and its value */
  labelFilterChars: 64 + 1 + 256,
  /** one page of a list of jobs */
  pageJobs: 1_000,
  /** who is told, of each stage and of the job */
  receivers: 8,
  webhookChars: 2_048,
  /** payload of one event */
  eventBytes: 64 * 1024,
  /** names that were raised or are waited for, and who waits for them, in one job */
  events: 1_000,
  eventWaiters: 10_000,
  customStatusChars: 1_000,
  /** one attempt of a function action */
  attemptMs: 6 * 3_600_000,
  /** `outcome` waits at most this long */
  waitMs: 600_000,
} as const;
