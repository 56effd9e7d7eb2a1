import { describe, expect, it } from "vitest";
import { againLines, type AgainRequest } from "../../../services/data/again.ts";
import { lineIndex } from "../../../services/task/record.ts";
import { blockOf, outcome, type StoredPiece } from "../support/data-block.ts";

const first: StoredPiece = {
  generation: 1,
  lines: [outcome(3, "F"), outcome(0, "S"), outcome(1, "F"), outcome(2, "C"), outcome(4, "F")],
};

describe("againLines", () => {
  it("finds the tasks whose outcome has the status, in order", async () => {
    expect(await found([first], {})).toEqual([1, 3, 4]);
    expect(await found([first], { status: "CANCELLED" })).toEqual([2]);
  });

  it("finds only those in the range and, if they are named, among those", async () => {
    expect(await found([first], { from: 2, to: 3 })).toEqual([3]);
    expect(await found([first], { indexes: [0, 4, 99] })).toEqual([4]);
  });

  it("goes by the newest outcome", async () => {
    const second = { generation: 2, lines: [outcome(1, "S", 2), outcome(3, "F", 2)] };
    for (const pieces of [
      [first, second],
      [second, first],
    ]) {
      expect(await found(pieces, { before: 3 })).toEqual([3, 4]);
    }
  });

  it("finds the same again after some of them were run", async () => {
    const meanwhile = { generation: 2, lines: [outcome(1, "S", 2), outcome(4, "F", 2)] };
    expect(await found([first, meanwhile], {})).toEqual([1, 3, 4]);
  });

  it("opens no piece that lies elsewhere", async () => {
    const elsewhere = { generation: 1, lines: [outcome(70, "F"), outcome(80, "F")] };
    const ctx = blockOf([first, elsewhere]);
    await againLines(ctx, request({ to: 10 }));
    expect(ctx.opened).toHaveLength(1);
  });

  it("gives a page of what is too much for one answer", async () => {
    const long = JSON.stringify("x".repeat(1_500_000));
    const lines = [0, 1, 2, 3].map((index) => outcome(index, "F", 1, long));
    const page = await againLines(blockOf([{ generation: 1, lines }]), request({}));
    expect(page.lines.map(lineIndex)).toEqual([0, 1]);
    expect(page.head.hasMore).toBe(true);
  });
});

// --- internal ---

const request = (fields: Partial<AgainRequest>): AgainRequest => ({
  from: 0,
  to: 99,
  before: 2,
  status: "FAILED",
  indexes: null,
  ...fields,
});

async function found(pieces: readonly StoredPiece[], fields: Partial<AgainRequest>) {
  const { lines, head } = await againLines(blockOf(pieces), request(fields));
  expect(head.hasMore).toBe(false);
  return lines.map(lineIndex);
}
