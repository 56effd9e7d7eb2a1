import type { Blocker } from "../../../services/contract/handlers.ts";
import { harmless, type Line } from "./line.ts";

/** What a job waits for, and which command would help. */
export function renderBlockers(jobId: string, blockers: readonly Blocker[]): Line[] {
  if (blockers.length === 0) return [[{ text: "It has ended: nothing." }]];
  const width = Math.max(...blockers.map(({ kind }) => kind.length));
  return blockers.map(({ kind, message }): Line => {
    const help = HELP[kind]?.(jobId);
    return [
      { text: kind.padEnd(width), tone: "strong" },
      { text: `  ${harmless(message)}` },
      ...(help === undefined ? [] : [{ text: ` ${help}`, tone: "quiet" as const }]),
    ];
  });
}

// --- internal ---

const HELP: Partial<Record<Blocker["kind"], (jobId: string) => string>> = {
  paused: (jobId) => `fanfold resume ${jobId}`,
  unsealed: (jobId) => `fanfold seal ${jobId}`,
  event: (jobId) => `fanfold event ${jobId} <name>`,
  rate: (jobId) => `fanfold limits ${jobId} --rate <tasks/duration>`,
};
