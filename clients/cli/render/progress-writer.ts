import type { JobState, JobStatus } from "../../../services/contract/job-status.ts";
import { END_STATUSES } from "../shared/statuses.ts";
import { painted } from "./line.ts";
import { renderStage, renderStatus } from "./progress.ts";

export interface ProgressWriter {
  show(status: JobStatus): void;
  /** Draws the last status shown, should it have come too soon after another. */
  end(): void;
}

/** What it writes to: standard error, or a test's. */
export type ProgressTarget = NodeJS.WritableStream &
  Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns">>;

/** Shows how a job moves on: on a terminal a picture redrawn in place, else a line for each 10 %. */
export function progressWriter(target: ProgressTarget): ProgressWriter {
  return target.isTTY ? picture(target) : log(target);
}

// --- internal ---

const ENDED: ReadonlySet<JobState> = new Set(END_STATUSES);

/** At most 10 pictures a second. */
const REDRAW_MS = 100;

function picture(target: ProgressTarget): ProgressWriter {
  let lines = 0;
  let drawnAt = 0;
  let skipped: JobStatus | undefined;

  const draw = (status: JobStatus) => {
    skipped = undefined;
    drawnAt = Date.now();
    const drawn = renderStatus(status, (target.columns ?? 80) - 1);
    const up = lines > 0 ? `\u001b[${lines}A` : "";
    const text = drawn.map((line) => painted(line, target)).join("\n");
    target.write(`${up}\r\u001b[J${text}\n`);
    lines = drawn.length;
  };
  return {
    show(status) {
      if (Date.now() - drawnAt < REDRAW_MS) skipped = status;
      else draw(status);
    },
    end() {
      if (skipped) draw(skipped);
    },
  };
}

function log(target: ProgressTarget): ProgressWriter {
  const written = new Map<number, number>();
  let state: JobState = "RUNNING";
  return {
    show({ jobId, status, stages }) {
      if (status !== state && !ENDED.has(status)) target.write(`${jobId} ${status}\n`);
      state = status;
      for (const stage of stages) {
        // Before it is sealed a stage does not know what 100 % are.
        if (!stage.sealed) continue;
        const tenth = Math.floor(stage.percent / 10);
        const before = written.get(stage.stage) ?? 0;
        // Less than before: its tasks run again.
        written.set(stage.stage, tenth);
        if (tenth > before) target.write(`${renderStage(stage)}\n`);
      }
    },
    end: () => undefined,
  };
}
