import type { ObjectContext } from "@restatedev/restate-sdk";
import type { Command } from "./core/command.ts";
import type { JobEvent } from "./core/reducer.ts";
import type { JobState } from "./core/state.ts";

/**
 * Says in the log what an operator did to a job, and that it has ended. To be called before the last command
 * of a step: by that a replay knows that it was said.
 */
export function logStep(
  ctx: ObjectContext,
  event: JobEvent,
  after: JobState,
  commands: readonly Command[],
): void {
  const said = lineOf(event, after);
  if (said) ctx.console.info(said.fields, said.text);
  const hasJustEnded = commands.some(({ type }) => type === "job ended");
  if (hasJustEnded) ctx.console.info(endOf(after), "The job has ended.");
}

// --- internal ---

interface Line {
  readonly fields: object;
  readonly text: string;
}

function lineOf(event: JobEvent, { generation }: JobState): Line | null {
  switch (event.type) {
    case "pause":
      return { fields: {}, text: "The job is paused." };
    case "resume":
      return { fields: {}, text: "The job goes on." };
    case "stop":
      return {
        fields: { as: event.as, reason: shortened(event.reason) },
        text: "The job is stopped.",
      };
    case "limits":
      return {
        fields: { stages: event.stages, limits: event.limits },
        text: "The job's limits are changed.",
      };
    case "redrive":
      return { fields: { generation }, text: "The job runs again." };
    case "feed":
    case "report":
    case "begun":
    case "freed":
    case "folded":
    case "start":
      return null;
  }
}

function endOf({ status, reason, generation, stages, ...state }: JobState): object {
  const sum = (of: "total" | "succeeded" | "failed" | "cancelled") =>
    stages.reduce((tasks, stage) => tasks + stage[of], 0);
  return {
    status,
    reason: shortened(reason),
    generation,
    tasks: sum("total"),
    succeeded: sum("succeeded"),
    failed: sum("failed"),
    cancelled: sum("cancelled"),
    tookMs: state.earlierMs + (state.endedAt ?? state.updatedAt) - state.generationAt,
  };
}

const REASON_CHARS = 200;

const shortened = (reason: string | null) => reason?.slice(0, REASON_CHARS);
