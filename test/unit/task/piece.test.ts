import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  emissionPiece,
  isEmissionPiece,
  isTimelineEntry,
  outcomePiece,
  parsePiece,
  partOf,
  returnedEntry,
  timelineEntry,
} from "../../../services/task/piece.ts";
import { holds } from "../support/property.ts";

const names = fc.record({
  min: fc.nat(),
  max: fc.nat(),
  generation: fc.nat(),
  chunk: fc.nat(),
  part: fc.nat(),
  passes: fc.boolean(),
});

describe("piece names", () => {
  it("are read as they were written", () => {
    holds(
      fc.property(names, (name) => {
        expect(parsePiece(outcomePiece(name))).toEqual(name);
      }),
    );
  });

  it("tell the part of the chunk that wrote them, and of no other", () => {
    holds(
      fc.property(names, fc.nat(), (name, other) => {
        for (const written of [outcomePiece(name), emissionPiece(name)]) {
          expect(partOf(written, name)).toBe(name.part);
          const isSame = other === name.chunk;
          expect(partOf(written, { ...name, chunk: other })).toBe(isSame ? name.part : null);
        }
      }),
    );
  });

  it("differ in every part of them", () => {
    const name = { min: 1, max: 2, generation: 1, chunk: 3, part: 4, passes: true };
    const others = [
      { min: 0 },
      { max: 9 },
      { generation: 2 },
      { chunk: 5 },
      { part: 6 },
      { passes: false },
    ].map((change) => outcomePiece({ ...name, ...change }));
    expect(new Set([outcomePiece(name), emissionPiece(name), ...others]).size).toBe(8);
  });

  it("tell what is stored under them", () => {
    const id = { min: 1, max: 2, generation: 1, chunk: 3, part: 4, passes: true, first: 1 };
    const all = [outcomePiece(id), emissionPiece(id), timelineEntry(id), returnedEntry(id)];
    expect(all.map(isEmissionPiece)).toEqual([false, true, false, false]);
    expect(all.map(isTimelineEntry)).toEqual([false, false, true, false]);
    expect(all.map((name) => parsePiece(name) !== null)).toEqual([true, false, false, false]);
    expect(all.map((name) => partOf(name, id))).toEqual([4, 4, null, null]);
  });

  it.each(["", "o/1-2/1.2.3.x", "o/1-2/1.2.3", "o/1/1.2.3.r", "x/1-2/1.2.3.r", "o/1-2/1.2.3.r2"])(
    "are not made of %j",
    (text) => {
      expect(parsePiece(text)).toBeNull();
    },
  );
});
