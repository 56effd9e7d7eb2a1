import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bar } from "../../../../clients/cli/render/bar.ts";
import { plain } from "../../../../clients/cli/render/line.ts";
import { holds } from "../../support/property.ts";

const none = { pending: 0, running: 0, retrying: 0, succeeded: 0, failed: 0, cancelled: 0 };
const drawn = (counts: Partial<typeof none>, total = 100) =>
  plain(bar({ ...none, ...counts, total }, 10));

describe("bar", () => {
  it.each([
    [{}, "[          ]"],
    [{ succeeded: 50 }, "[=====     ]"],
    [{ succeeded: 50, running: 20 }, "[=====>>   ]"],
    [{ succeeded: 30, failed: 20, cancelled: 10 }, "[===xx-    ]"],
    [{ succeeded: 99, running: 1 }, "[=========>]"],
    [{ succeeded: 100 }, "[==========]"],
    [{ succeeded: 99, failed: 1 }, "[=========x]"],
    [{ failed: 1 }, "[          ]"],
    [{ retrying: 1 }, "[>         ]"],
  ])("draws %j as %s", (counts, picture) => {
    expect(drawn(counts)).toBe(picture);
  });

  it("is empty for a stage without tasks", () => {
    expect(drawn({}, 0)).toBe("[          ]");
  });

  it("is as wide as asked, and full only when all has ended", () => {
    const tasks = fc.nat({ max: 1_000 });
    const counts = fc.record({
      pending: tasks,
      running: tasks,
      retrying: tasks,
      succeeded: tasks,
      failed: tasks,
      cancelled: tasks,
    });
    holds(
      fc.property(counts, fc.integer({ min: 10, max: 30 }), (parts, width) => {
        const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
        const { pending, running, retrying } = parts;
        const picture = plain(bar({ ...parts, total }, width));
        expect(picture).toHaveLength(width + 2);
        if (pending + running + retrying > 0) expect(picture).toMatch(/[> ]/);
      }),
    );
  });
});
