import type { CliCommand } from "../command.ts";
import { renderBlockers } from "../render/blockers.ts";
import { reading } from "../shared/reading.ts";

export const why: CliCommand = {
  name: "why",
  group: "Look",
  summary: "Say what a job waits for",
  examples: [
    { line: "fanfold why mailing", does: "everything that its end waits for" },
    { line: "fanfold why nightly --json", does: "of an ended job: nothing" },
  ],
  define: (command) =>
    reading(
      command,
      (job) => job.why(),
      ({ blockers }, { jobId }) => renderBlockers(jobId, blockers),
    ),
};
