import type { PieceName } from "../task/piece.ts";
import { lineIndex } from "../task/record.ts";

/** Outcome lines by index: one of a later generation, or a later part, stands for those before it. */
export class Newest {
  readonly #lines = new Map<number, { readonly rank: number; readonly line: string }>();

  /** Takes in those lines of a piece that `isWanted`. */
  add(
    { generation, part }: Pick<PieceName, "generation" | "part">,
    lines: readonly string[],
    isWanted: (index: number) => boolean,
  ): void {
    const rank = generation * 1e9 + part;
    for (const line of lines) {
      const index = lineIndex(line);
      if (!isWanted(index) || rank < (this.#lines.get(index)?.rank ?? -1)) continue;
      this.#lines.set(index, { rank, line });
    }
  }

  /** In no order. */
  *entries(): Generator<readonly [index: number, line: string]> {
    for (const [index, { line }] of this.#lines) yield [index, line];
  }

  /** In index order. */
  sorted(): string[] {
    return [...this.entries()].sort(([a], [b]) => a - b).map(([, line]) => line);
  }
}
