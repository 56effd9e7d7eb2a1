import type { JobStatus } from "../../services/contract/job-status.ts";
import { renderStage, renderStatus } from "./progress.ts";

export interface ProgressWriter {
  show(status: JobStatus): void;
  /** Draws the last status shown, should it have come too soon after another. */
  end(): void;
}

/** What it writes to: standard error, or a test's. */
export type ProgressTarget = Pick<NodeJS.WriteStream, "write"> &
  Partial<Pick<NodeJS.WriteStream, "isTTY" | "columns">>;

/** Shows how a job moves on: on a terminal a picture redrawn in place, else a line for each 10 %. */
export function progressWriter(target: ProgressTarget): ProgressWriter {
  return target.isTTY ? picture(target) : log(target);
}

// --- internal ---

/** At most 10 pictures a second. */
const redrawMs = 100;

function picture(target: ProgressTarget): ProgressWriter {
  let lines = 0;
  let drawnAt = 0;
  let skipped: JobStatus | undefined;

  const draw = (status: JobStatus) => {
    skipped = undefined;
    drawnAt = Date.now();
    const drawn = renderStatus(status, (target.columns ?? 80) - 1);
    const up = lines > 0 ? `\u001b[${lines}A` : "";
    target.write(`${up}\r\u001b[J${drawn.join("\n")}\n`);
    lines = drawn.length;
  };
  return {
    show(status) {
      if (Date.now() - drawnAt < redrawMs) skipped = status;
      else draw(status);
    },
    end() {
      if (skipped) draw(skipped);
    },
  };
}

function log(target: ProgressTarget): ProgressWriter {
  const written = new Map<number, number>();
  return {
    show({ stages }) {
      for (const stage of stages) {
        // Before it is sealed a stage does not know what 100 % are.
        if (!stage.sealed) continue;
        const tenth = Math.floor(stage.percent / 10);
        if (tenth <= (written.get(stage.stage) ?? 0)) continue;
        written.set(stage.stage, tenth);
        target.write(`${renderStage(stage)}\n`);
      }
    },
    end: () => undefined,
  };
}
