import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { outcomePiece } from "../../../services/task/piece.ts";
import {
  failedLine,
  lineIndex,
  cancelledLine,
  succeededLine,
} from "../../../services/task/record.ts";

/** Outcome lines as a chunk of some generation stored them. */
export interface StoredPiece {
  readonly generation: number;
  readonly part?: number;
  readonly lines: readonly string[];
}

/** The context of a Data object that holds these pieces, one chunk's each; `opened` are those that were read. */
export function blockOf(pieces: readonly StoredPiece[]) {
  const opened: string[] = [];
  const stored = new Map(
    pieces.map(({ generation, part = 0, lines }, chunk) => {
      const indexes = lines.map(lineIndex);
      const span = { min: Math.min(...indexes), max: Math.max(...indexes) };
      const name = outcomePiece({ ...span, generation, chunk, part, passes: false });
      return [name, lines.join("\n")] as const;
    }),
  );
  const stateKeys = async () => [...stored.keys(), "e/1.0.0", "t/0/1.0"];
  const get = async (name: string) => {
    opened.push(name);
    return stored.get(name) ?? null;
  };
  return { opened, stateKeys, get } as unknown as ObjectSharedContext & { opened: string[] };
}

/** The line of an outcome: S, F or C, and the generation that it says. */
export function outcome(
  index: number,
  letter: "S" | "F" | "C",
  generation = 1,
  input = "{}",
): string {
  const record = {
    index,
    attempts: 1,
    startedAt: 0,
    durationMs: 1,
    origin: index,
    parent: null,
    emitted: null,
    generation,
  };
  const error = { code: "NO", message: `in ${generation}` };
  if (letter === "S") return succeededLine(record, String(generation));
  return letter === "F" ? failedLine(record, error, input) : cancelledLine(record, error, input);
}
