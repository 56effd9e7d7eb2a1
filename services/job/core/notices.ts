import type { OnComplete } from "../../contract/job-request.ts";
import type { Notification } from "../../contract/job-status.ts";

/** Who is told of the job's end and of each stage's. */
export interface Receivers {
  readonly job: OnComplete;
  readonly stages: readonly OnComplete[];
}

/** Which receiver hears of which end. */
export interface NoticeId {
  readonly generation: number;
  /** null: of the job */
  readonly stage: number | null;
  /** its place in the list of receivers */
  readonly n: number;
}

/** How far telling one receiver has come. Who that is stands in the lists: a list of these stays short. */
export interface Notice extends NoticeId {
  readonly status: Notification["status"];
  readonly attempts: number;
  readonly error?: string;
}

export function countReceivers({ job, stages }: Receivers): number {
  return stages.reduce((sum, { length }) => sum + length, job.length);
}

export function receiversOfEnd({ job, stages }: Receivers, stage: number | null): OnComplete {
  return (stage === null ? job : stages[stage]) ?? [];
}

/** Begins to tell; the oldest are forgotten when there are too many. */
export function withPending(notices: readonly Notice[], begun: readonly NoticeId[]): Notice[] {
  const pending = begun.map(({ generation, stage, n }): Notice => ({
    generation,
    stage,
    n,
    status: "PENDING",
    attempts: 0,
  }));
  return [...notices, ...pending].slice(-KEPT);
}

/** Takes in what an attempt came to; what comes late, or of a forgotten one, changes nothing. */
export function withNews(notices: readonly Notice[], news: Notice): Notice[] {
  return notices.map((known) => {
    const isIt =
      known.generation === news.generation && known.stage === news.stage && known.n === news.n;
    const isNews = known.status === "PENDING" && news.attempts >= known.attempts;
    return isIt && isNews ? news : known;
  });
}

/** As `status` shows them. */
export function notificationsOf(notices: readonly Notice[], receivers: Receivers): Notification[] {
  return notices.map(({ n, stage, ...rest }) => ({
    ...receiversOfEnd(receivers, stage)[n],
    ...(stage === null ? {} : { stage }),
    ...rest,
  }));
}

// --- internal ---

/** More than one generation has: 17 lists of 8. */
const KEPT = 200;
