import type { TaskOutcome } from "../../../services/contract/task.ts";

export interface Failures {
  readonly failed: number;
  /** The largest first. */
  readonly groups: readonly FailureGroup[];
}

export interface FailureGroup {
  readonly stage: number;
  readonly code: string;
  /** Of the first task. */
  readonly message: string;
  readonly count: number;
  /** Of the first tasks. */
  readonly indexes: readonly number[];
}

/** Groups failed tasks by stage, code and message, numbers in it aside; in memory are the groups. */
export async function groupFailures(
  sources: readonly AsyncIterable<TaskOutcome>[],
): Promise<Failures> {
  const groups = new Map<string, Group>();
  let failed = 0;
  for (const source of sources) {
    for await (const outcome of source) {
      failed += 1;
      const group = groupOf(groups, outcome);
      group.count += 1;
      if (group.indexes.length < SHOWN_INDEXES) group.indexes.push(outcome.index);
    }
  }
  return { failed, groups: [...groups.values()].toSorted((a, b) => b.count - a.count) };
}

// --- internal ---

const SHOWN_INDEXES = 5;
const SHOWN_CHARS = 200;
/** Errors beyond so many kinds are gathered by stage. */
const MOST_GROUPS = 1_000;

interface Group extends FailureGroup {
  count: number;
  readonly indexes: number[];
}

function groupOf(groups: Map<string, Group>, { stage, error }: TaskOutcome): Group {
  const code = error?.code ?? "";
  const message = (error?.message ?? "").slice(0, SHOWN_CHARS);
  const key = JSON.stringify([stage, code, message.replace(/\d+/g, "#")]);
  const known = groups.get(key);
  if (known) return known;
  if (groups.size < MOST_GROUPS) return added(groups, key, { stage, code, message });
  const others = JSON.stringify([stage]);
  const rest = { stage, code: "OTHERS", message: "other errors" };
  return groups.get(others) ?? added(groups, others, rest);
}

function added(
  groups: Map<string, Group>,
  key: string,
  error: Pick<FailureGroup, "stage" | "code" | "message">,
): Group {
  const group = { ...error, count: 0, indexes: [] };
  groups.set(key, group);
  return group;
}
