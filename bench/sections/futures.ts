import type { Figure } from "../figure.ts";
import type { FuturesHandler, Ingress } from "../ingress.ts";
import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Handlers that wait for many calls: each call costs the same however many there are. */
export const futures: Section = {
  name: "futures",
  withinMs: 400_000,
  async measure({ ingress, repeats }) {
    for (const handler of LINEAR) await ingress.runFutures(handler, 1_000);

    const figures: Figure[] = [];
    for (const handler of LINEAR) {
      figures.push(...(await growth(ingress, handler, repeats(5), { atMost: 1.5 })));
    }
    figures.push(...(await growth(ingress, "raceLoop", 1, { atLeast: 2 })));

    const { map, ...bySize } = await interleave(repeats(9), {
      map: () => ingress.runFutures("mapConcurrent", 1_000, 250),
      by50: () => ingress.runFutures("chunked", 1_000, 50),
      by100: () => ingress.runFutures("chunked", 1_000, 100),
      by250: () => ingress.runFutures("chunked", 1_000, 250),
      by500: () => ingress.runFutures("chunked", 1_000, 500),
      by1000: () => ingress.runFutures("chunked", 1_000, 1_000),
    });
    const chunked = Math.min(...Object.values(bySize));
    return [
      ...figures,
      { name: "mapConcurrent: 1,000 calls, 250 at a time", value: map, unit: "ms" },
      { name: "by hand: 1,000 calls in the best of chunks", value: chunked, unit: "ms" },
      { name: "mapConcurrent : by hand", value: map / chunked, unit: "×", target: { atMost: 1.1 } },
    ];
  },
};

// --- internal ---

const LINEAR = ["wait", "mapConcurrent", "pipeline"] as const;

/** What a call costs among 100, 1,000 and 5,000, and by how much more that is at the end. */
async function growth(
  ingress: Ingress,
  handler: FuturesHandler,
  rounds: number,
  target: NonNullable<Figure["target"]>,
): Promise<Figure[]> {
  const { few, many, most } = await interleave(rounds, {
    few: () => ingress.runFutures(handler, 100),
    many: () => ingress.runFutures(handler, 1_000),
    most: () => ingress.runFutures(handler, 5_000),
  });
  return [
    { name: `${handler}: a call of 100`, value: few / 100, unit: "ms" },
    { name: `${handler}: a call of 1,000`, value: many / 1_000, unit: "ms" },
    { name: `${handler}: a call of 5,000`, value: most / 5_000, unit: "ms" },
    {
      name: `${handler}: 5,000 calls : 5 × 1,000 calls`,
      value: most / (5 * many),
      unit: "×",
      target,
    },
  ];
}
