import { StaticFanout, fanoutTasks, type Fanout, type JsonObject } from "../contract/fanout.ts";
import { LIMITS } from "../contract/limits.ts";
import { rangeInput, rangeSource, slicesOf, type Source } from "../job/core/segments.ts";
import { isSucceeded, lineIndex, lineOrigin, resultText } from "./record.ts";

/**
 * How what a task passes on is stored: JSON objects, one to a line,
 * `{ n: tasks, p: parent index, o: origin, ... }` with a list of values `v` for the field `as`, a range `r`, or neither.
 */
interface EmissionLine {
  readonly n: number;
  readonly p: number;
  readonly o: number;
  readonly as?: string;
  readonly v?: readonly unknown[];
  readonly r?: Extract<Source, { kind: "range" }>;
}

/** What a task of the next stage is made of, beside the payload. */
export interface Seed {
  readonly parent: number;
  readonly origin: number;
  readonly fields: JsonObject;
}

export type EmissionFailure = {
  readonly code: "INVALID_FANOUT" | "FANOUT_TOO_LARGE";
  readonly message: string;
};

/** The lines of an emitted fan-out, or why it is none. Throws what JSON throws. */
export function emissionLines(
  emitted: unknown,
  parent: { index: number; origin: number },
): { lines: string[]; tasks: number } | EmissionFailure {
  if (emitted === null) return { lines: [], tasks: 0 };
  const parsed = StaticFanout.safeParse(emitted);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const isTooLarge = issue?.code === "too_big" && issue.path.length === 1;
    return {
      code: isTooLarge ? "FANOUT_TOO_LARGE" : "INVALID_FANOUT",
      message: `${issue?.path.join(".")}: ${issue?.message}`,
    };
  }
  const tasks = fanoutTasks(parsed.data) ?? 0;
  const lines = linesOf(parsed.data, tasks, parent);
  const bytes = lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);
  if (bytes > LIMITS.emissionBytes) {
    return {
      code: "FANOUT_TOO_LARGE",
      message: `emitted ${bytes} bytes, at most ${LIMITS.emissionBytes}`,
    };
  }
  return { lines, tasks };
}

/** The emission line of a result that is passed on as it is. */
export function plainEmission(outcomeLine: string): string {
  const ids = `"p":${lineIndex(outcomeLine)},"o":${lineOrigin(outcomeLine)}`;
  return `{"n":1,${ids},"as":"item","v":[${resultText(outcomeLine)}]}`;
}

export function emissionTasks(line: string): number {
  return Number.parseInt(line.slice('{"n":'.length), 10);
}

/** The tasks number `offset` to `offset + count` that the outcomes of a piece passed on as they were. */
export function seedsOfOutcomes(lines: readonly string[], offset: number, count: number): Seed[] {
  return lines
    .filter(isSucceeded)
    .slice(offset, offset + count)
    .map((line) => ({
      parent: lineIndex(line),
      origin: lineOrigin(line),
      fields: { item: JSON.parse(resultText(line)) as unknown },
    }));
}

/** The tasks number `offset` to `offset + count` of the emission lines of a piece. */
export function seedsOfEmissions(lines: readonly string[], offset: number, count: number): Seed[] {
  const seeds: Seed[] = [];
  let passed = 0;
  for (const line of lines) {
    if (seeds.length === count) break;
    const tasks = emissionTasks(line);
    const from = Math.max(0, offset - passed);
    passed += tasks;
    if (from >= tasks) continue;
    const emission = JSON.parse(line) as EmissionLine;
    const to = Math.min(tasks, from + count - seeds.length);
    for (let at = from; at < to; at += 1) {
      seeds.push({ parent: emission.p, origin: emission.o, fields: fieldsOf(emission, at) });
    }
  }
  return seeds;
}

// --- internal ---

function linesOf(
  fanout: Fanout,
  tasks: number,
  { index, origin }: { index: number; origin: number },
): string[] {
  const ids = `"p":${index},"o":${origin}`;
  if (fanout.foreach) {
    return slicesOf(fanout.foreach).map(
      ({ as, values }) =>
        `{"n":${values.length},${ids},"as":${JSON.stringify(as)},"v":[${values.join()}]}`,
    );
  }
  if (tasks === 0) return [];
  const range = rangeSource(fanout.range);
  return [`{"n":${tasks},${ids}${range ? `,"r":${JSON.stringify(range)}` : ""}}`];
}

function fieldsOf({ as, v, r }: EmissionLine, at: number): JsonObject {
  if (v && as !== undefined) return { [as]: v[at] };
  return r ? rangeInput(r, at) : {};
}
