import type { JobStatus, StageStatus } from "../../services/contract/job-status.ts";

/** Draws a job: a headline and a bar for each stage, no line longer than `columns`. */
export function renderStatus(status: JobStatus, columns: number): string[] {
  const { jobId, stages, startedAt, updatedAt } = status;
  const counts = stages.map(renderCounts);
  const names = Math.max(0, ...stages.map(({ action }) => action.length));
  const numbers = Math.max(usualNumbers, ...counts.map(({ length }) => length));
  const barWidth = Math.min(30, columns - names - numbers - "  []".length);
  const lines = stages.map((stage, at) => {
    const bar = barWidth < 5 ? "" : `${renderBar(stage, barWidth)} `;
    return `${stage.action.padEnd(names)} ${bar}${counts[at]}`;
  });
  const head = `${jobId} ${status.status} ${seconds(updatedAt - startedAt)}`;
  return [head, ...lines].map((line) => line.slice(0, Math.max(0, columns)));
}

/** Where a stage stands, in one sentence for a log. */
export function renderStage(stage: StageStatus): string {
  return `${stage.action} ${renderCounts(stage).trimStart()}`;
}

/** 1,234.5 s */
export function seconds(ms: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${(ms / 1_000).toLocaleString("en-US", digits)} s`;
}

/** 1,234 */
export function count(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

// --- internal ---

/** Room for the numbers beside a bar, so that bars keep their width while numbers grow. */
const usualNumbers = "100 %  100,000 of 100,000+, 10,000/s, 10 s left".length;

function renderBar({ counts, percent }: StageStatus, width: number): string {
  const filled = Math.floor((width * percent) / 100);
  const moving = counts.running + counts.retrying > 0 && filled < width ? ">" : "";
  return `[${`${"=".repeat(filled)}${moving}`.padEnd(width)}]`;
}

function renderCounts({ counts, percent, sealed, ratePerSecond, etaMs }: StageStatus): string {
  const { total, succeeded, failed, cancelled, retrying } = counts;
  const ended = succeeded + failed + cancelled;
  const parts = [`${count(ended)} of ${count(total)}${sealed ? "" : "+"}`];
  for (const [number, word] of [
    [failed, "failed"],
    [cancelled, "cancelled"],
    [retrying, "retrying"],
  ] as const) {
    if (number > 0) parts.push(`${count(number)} ${word}`);
  }
  if (ratePerSecond > 0 && percent < 100) parts.push(`${count(ratePerSecond)}/s`);
  if (etaMs !== null && percent < 100) parts.push(`${count(Math.ceil(etaMs / 1_000))} s left`);
  return `${String(percent).padStart(3)} %  ${parts.join(", ")}`;
}
