import type { JobState, JobStatus, StageStatus } from "../../../services/contract/job-status.ts";
import { bar } from "./bar.ts";
import { fitting, plain, type Line, type Span, type Tone } from "./line.ts";
import { count, seconds, span } from "./numbers.ts";

/** Draws a job: a headline, a bar for each stage, what its actions say; no line longer than `columns`. */
export function renderStatus(status: JobStatus, columns: number): Line[] {
  const { stages, customStatus } = status;
  const names = Math.max(0, ...stages.map(({ action }) => action.length));
  const barWidth = barWidthOf(columns - names);
  const lines = stages.map((stage): Line => [
    { text: `${stage.action.padEnd(names)} ` },
    ...(barWidth === 0 ? [] : [...bar(stage.counts, barWidth), { text: " " }]),
    ...renderCounts(stage),
  ]);
  const said: Line[] = customStatus === undefined ? [] : [[{ text: customStatus, tone: "quiet" }]];
  return [headline(status), ...lines, ...said].map((line) => fitting(line, columns));
}

/** Where a stage stands, in one sentence for a log. */
export function renderStage(stage: StageStatus): string {
  return `${stage.action} ${plain(renderCounts(stage)).trimStart()}`;
}

// --- internal ---

/** Bars keep their width while the numbers beside them grow; the last of these are cut off. */
function barWidthOf(columns: number): number {
  const left = columns - "100 %  100,000 of 100,000+, 10,000/s, 10 s left [] ".length;
  return columns < 45 ? 0 : Math.max(10, Math.min(30, left));
}

const TONES: Partial<Record<JobState, Tone>> = {
  SUCCEEDED: "good",
  FAILED: "bad",
  CANCELLED: "bad",
  RUNNING: "busy",
};

function headline({ jobId, status, stopping, generation, startedAt, updatedAt }: JobStatus): Line {
  const notes = [
    seconds(updatedAt - startedAt),
    ...(stopping ? ["stopping"] : []),
    ...(generation > 1 ? [`generation ${generation}`] : []),
  ];
  return [
    { text: jobId, tone: "strong" },
    { text: " " },
    { text: status, tone: TONES[status] },
    { text: ` ${notes.join(", ")}` },
  ];
}

function renderCounts({ counts, percent, sealed, ratePerSecond, etaMs }: StageStatus): Line {
  const { total, succeeded, failed, cancelled, retrying, running } = counts;
  const ended = succeeded + failed + cancelled;
  const isMoving = percent < 100 && running + retrying > 0;
  const parts: Span[] = [
    { text: `${count(ended)} of ${count(total)}${sealed ? "" : "+"}` },
    ...counted(failed, "failed", "bad"),
    ...counted(cancelled, "cancelled"),
    ...(isMoving && ratePerSecond > 0 ? [{ text: `${count(ratePerSecond)}/s` }] : []),
    ...(isMoving && etaMs !== null ? [{ text: `${span(etaMs)} left` }] : []),
    ...counted(running, "running"),
    ...counted(retrying, "retrying"),
  ];
  const listed = parts.flatMap((part, at) => (at === 0 ? [part] : [{ text: ", " }, part]));
  return [{ text: `${String(percent).padStart(3)} %  ` }, ...listed];
}

const counted = (tasks: number, word: string, tone?: Tone): Span[] =>
  tasks > 0 ? [{ text: `${count(tasks)} ${word}`, tone }] : [];
