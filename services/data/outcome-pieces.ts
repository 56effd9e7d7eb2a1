import type { ObjectSharedContext } from "@restatedev/restate-sdk";
import { parsePiece, type PieceName } from "../task/piece.ts";
import { textSerde } from "../wire/lines.ts";

export interface OutcomePiece {
  readonly name: string;
  readonly span: PieceName;
}

/** The pieces of outcomes that a block has, in order of their first index. */
export async function outcomePieces(ctx: ObjectSharedContext): Promise<OutcomePiece[]> {
  return (await ctx.stateKeys())
    .flatMap((name) => {
      const span = parsePiece(name);
      return span ? [{ name, span }] : [];
    })
    .sort((a, b) => a.span.min - b.span.min);
}

/** None if the block was cleared meanwhile. */
export async function pieceLines(ctx: ObjectSharedContext, name: string): Promise<string[]> {
  const text = await ctx.get<string>(name, textSerde);
  return text === null ? [] : text.split("\n");
}
