/**
 * Names of what a Data object keeps. An outcome piece says which indexes it spans, so that a page is read
 * without opening the others; `chunk` is who wrote it, `part` counts within the chunk.
 */
export interface PieceName {
  readonly min: number;
  readonly max: number;
  readonly generation: number;
  readonly chunk: number;
  readonly part: number;
  /** its results are the next stage's tasks, as they are */
  readonly passes: boolean;
}

export function outcomePiece({ min, max, generation, chunk, part, passes }: PieceName): string {
  return `o/${min}-${max}/${generation}.${chunk}.${part}.${passes ? "r" : "-"}`;
}

export function emissionPiece({
  generation,
  chunk,
  part,
}: Pick<PieceName, "generation" | "chunk" | "part">): string {
  return `e/${generation}.${chunk}.${part}`;
}

export function timelineEntry({
  first,
  generation,
  chunk,
}: Record<"first" | "generation" | "chunk", number>) {
  return `t/${first}/${generation}.${chunk}`;
}

/** Under which a chunk says from which index on it gave its tasks back. */
export function returnedEntry({ generation, chunk }: Record<"generation" | "chunk", number>) {
  return `b/${generation}.${chunk}`;
}

/** The parts of an outcome piece's name; null for anything else. */
export function parsePiece(name: string): PieceName | null {
  const match = /^o\/(\d+)-(\d+)\/(\d+)\.(\d+)\.(\d+)\.([r-])$/.exec(name);
  if (!match) return null;
  const [min = 0, max = 0, generation = 0, chunk = 0, part = 0] = match.slice(1, 6).map(Number);
  return { min, max, generation, chunk, part, passes: match[6] === "r" };
}

/** The part number of a piece, outcomes or emissions, that this chunk wrote; null for others. */
export function partOf(
  name: string,
  { generation, chunk }: { readonly generation: number; readonly chunk: number },
): number | null {
  const match = /^[oe]\/(?:\d+-\d+\/)?(\d+)\.(\d+)\.(\d+)/.exec(name);
  if (Number(match?.[1]) !== generation || Number(match?.[2]) !== chunk) return null;
  return Number(match?.[3]);
}

export const isEmissionPiece = (name: string) => name.startsWith("e/");
export const isTimelineEntry = (name: string) => name.startsWith("t/");
