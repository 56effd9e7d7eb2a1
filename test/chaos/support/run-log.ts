import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** One start of an action's code, as the action wrote it down. */
export interface Run {
  readonly taskId: string;
  readonly attempt: number;
  readonly pid: number;
}

/** Under which the worker is told the file. */
export const RUN_LOG = "FANFOLD_CHAOS_RUNS";

/** Synchronous: the line is there when the process dies right after it. */
export function recordRun({ taskId, attempt }: Omit<Run, "pid">): void {
  const file = process.env[RUN_LOG];
  if (file) appendFileSync(file, `${taskId} ${attempt} ${process.pid}\n`);
}

/** The runs of one job, oldest first. */
export function runsOf(file: string, jobId: string): Run[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${jobId}/`))
    .map((line) => {
      const [taskId = "", attempt, pid] = line.split(" ");
      return { taskId, attempt: Number(attempt), pid: Number(pid) };
    });
}

/** Of which ends of a job an action was told: `{generation}:{stage or job}:{receiver}`. */
export function toldOf(file: string, jobId: string): string[] {
  const notices = new RegExp(`^${jobId}:notify:[^:]+:([^/]+)/`, "gm");
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  return [...new Set([...text.matchAll(notices)].map(([, end = ""]) => end))].sort();
}

/** How many runs were repetitions of an attempt. */
export function repeatedRuns(runs: readonly Run[]): number {
  return runs.length - new Set(runs.map(({ taskId, attempt }) => `${taskId} ${attempt}`)).size;
}
