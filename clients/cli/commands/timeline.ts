import type { Job } from "../../client/index.ts";
import type { CliCommand } from "../command.ts";
import { renderTimeline, type StageTimeline } from "../render/timeline.ts";
import { onJob, type Connection } from "../shared/connection.ts";
import { jsonOption, type JsonOption } from "../shared/json-option.ts";
import { printJson } from "../shared/output.ts";
import { columns, printLines } from "../shared/reading.ts";
import { wholeNumber } from "../shared/values.ts";

export const timeline: CliCommand = {
  name: "timeline",
  group: "Look",
  summary: "Draw when which tasks of a job ran",
  description:
    "A line for each chunk of tasks, or for some that follow one another: = all succeeded, x some failed.",
  examples: [
    { line: "fanfold timeline nightly", does: "every stage on one time axis" },
    { line: "fanfold timeline nightly --stage 0 --json", does: "the chunks of a stage as NDJSON" },
  ],
  define: (command) =>
    onJob(command, run)
      .option("--stage <n>", "only this stage, counted from 0", wholeNumber(0))
      .option(...jsonOption),
};

// --- internal ---

async function run(
  job: Job,
  { stage, json }: Connection & JsonOption & { stage?: number },
): Promise<void> {
  const { stages } = await job.status();
  const asked = stages.filter((one) => stage === undefined || one.stage === stage);
  const timelines: StageTimeline[] = [];
  for (const one of asked) {
    const chunks = [];
    for await (const chunk of job.timeline({ stage: one.stage })) {
      if (json) printJson({ stage: one.stage, ...chunk });
      else chunks.push(chunk);
    }
    timelines.push({ stage: one.stage, action: one.action, chunks });
  }
  if (!json) printLines(renderTimeline(timelines, columns()));
}
