import fc from "fast-check";
import type { IncrementalFold, TaskResult } from "../../../services/job/core/fold/incremental.ts";
import { decisions, type Decisions } from "./decisions.ts";

/** Results of tasks 0, 1, ... and a way to come by their parts and to merge them. */
export const scattered = (values: fc.Arbitrary<unknown>, most = 60) =>
  fc.record({
    results: fc
      .array(values, { maxLength: most })
      .map((all) => all.map((value, index): TaskResult => ({ index, value }))),
    decide: decisions(3 * most),
  });

/** The part of all results, merged from parts of groups of any size in any order, through JSON. */
export function mergedAnyhow<Part>(
  fold: IncrementalFold<Part>,
  results: readonly TaskResult[],
  decide: Decisions,
): Part {
  const left = [...results];
  const groups: TaskResult[][] = [];
  while (left.length > 0) {
    const group = Array.from({ length: 1 + decide.below(4) }, () => takeOne(left, decide));
    groups.push(group.flat());
  }
  const parts = [[], ...groups].map((group) => throughJson(fold.partOf(group)));
  while (parts.length > 1) {
    const [a, b] = [takeOne(parts, decide), takeOne(parts, decide)].flat();
    parts.push(throughJson(fold.merge(a!, b!)));
  }
  return parts[0]!;
}

// --- internal ---

function takeOne<Value>(from: Value[], decide: Decisions): Value[] {
  return from.length === 0 ? [] : from.splice(decide.below(from.length), 1);
}

const throughJson = <Value>(value: Value) => JSON.parse(JSON.stringify(value)) as Value;
