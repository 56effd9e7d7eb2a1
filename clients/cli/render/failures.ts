import type { Failures } from "./failure-groups.ts";
import { harmless, type Line } from "./line.ts";
import { count } from "./numbers.ts";

/** A line for each group of failed tasks, and how they are run again. */
export function renderFailures(jobId: string, { failed, groups }: Failures): Line[] {
  if (failed === 0) return [[{ text: "No task has failed." }]];
  const numbers = groups.map((group) => count(group.count));
  const width = Math.max(...numbers.map(({ length }) => length));
  const lines = groups.map(({ stage, code, message, indexes, count: tasks }, at): Line => {
    const more = tasks > indexes.length ? ", …" : "";
    return [
      { text: numbers[at]?.padStart(width) ?? "" },
      { text: ` ${code}`, tone: "bad" },
      { text: ` ${harmless(message)}` },
      { text: ` (stage ${stage}, tasks ${indexes.join(", ")}${more})`, tone: "quiet" },
    ];
  });
  const again = `fanfold redrive ${jobId} runs them again once the job has ended.`;
  return [...lines, [{ text: again, tone: "quiet" }]];
}
