import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_CURSORS, withCursor, type CursorTrail } from "../../../../services/job/core/cursors.ts";
import { holds } from "../../support/property.ts";

describe("withCursor", () => {
  it("takes any number of different cursors, and stays as small as it was", () => {
    const trail = after(Array.from({ length: 5_000 }, (_, at) => `"page ${at}"`));
    expect(trail).not.toBeNull();
    expect(JSON.stringify(trail).length).toBeLessThan(200);
  });

  it("notices at once that a cursor comes twice in a row", () => {
    holds(
      fc.property(fc.nat({ max: 200 }), (before) => {
        const cursors = Array.from({ length: before }, (_, at) => `${at}`);
        expect(after([...cursors, '"again"'])).not.toBeNull();
        expect(after([...cursors, '"again"', '"again"'])).toBeNull();
      }),
    );
  });

  it("notices that cursors go round before three times as many pages as there are were read", () => {
    const ways = fc.record({ way: fc.nat({ max: 300 }), circle: fc.integer({ min: 1, max: 300 }) });
    holds(
      fc.property(ways, ({ way, circle }) => {
        const most = 3 * (way + circle);
        const cursors = Array.from({ length: most }, (_, at) =>
          at < way ? `${at}` : `${way + ((at - way) % circle)}`,
        );
        const seen = firstRepeated(cursors);
        expect(seen).toBeGreaterThanOrEqual(way + circle);
        expect(seen).toBeLessThan(most);
      }),
    );
  });
});

// --- internal ---

/** The trail of these cursors; null if one of them was there before. */
function after(cursors: readonly string[]): CursorTrail | null {
  let trail: CursorTrail | null = NO_CURSORS;
  for (const cursor of cursors) trail = trail && withCursor(trail, cursor);
  return trail;
}

function firstRepeated(cursors: readonly string[]): number {
  let trail = NO_CURSORS;
  return cursors.findIndex((cursor) => {
    const next = withCursor(trail, cursor);
    trail = next ?? trail;
    return next === null;
  });
}
