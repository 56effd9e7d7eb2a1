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
      figures.push(...(await growth(ingress, handler, 5_000, repeats(3), { atMost: 1.5 })));
    }
    // 5,000 take it minutes.
    figures.push(...(await growth(ingress, "raceLoop", 2_000, repeats(3), { atLeast: 1.5 })));

    const map = (size: number) => () => ingress.runFutures("mapConcurrent", 1_000, size);
    const chunked = (size: number) => () => ingress.runFutures("chunked", 1_000, size);
    const { map250, map1000, ...byHand } = await interleave(repeats(9), {
      map250: map(250),
      map1000: map(1_000),
      by50: chunked(50),
      by100: chunked(100),
      by250: chunked(250),
      by500: chunked(500),
      by1000: chunked(1_000),
    });
    const mapped = Math.min(map250, map1000);
    const best = Math.min(...Object.values(byHand));
    return [
      ...figures,
      { name: "mapConcurrent: 1,000 calls, 250 at a time", value: map250, unit: "ms" },
      { name: "mapConcurrent: 1,000 calls, all at once", value: map1000, unit: "ms" },
      { name: "by hand: 1,000 calls, the best of chunks", value: best, unit: "ms" },
      { name: "mapConcurrent : by hand", value: mapped / best, unit: "×", target: { atMost: 1.1 } },
    ];
  },
};

// --- internal ---

const LINEAR = ["wait", "mapConcurrent", "pipeline"] as const;

/** What a call costs among 100, 1,000 and `most`, and how much more it is among `most` than among 1,000. */
async function growth(
  ingress: Ingress,
  handler: FuturesHandler,
  most: number,
  rounds: number,
  target: NonNullable<Figure["target"]>,
): Promise<Figure[]> {
  const perCall = async (calls: number) => (await ingress.runFutures(handler, calls)) / calls;
  const took = await interleave(rounds, {
    few: () => perCall(100),
    many: () => perCall(1_000),
    most: () => perCall(most),
  });
  const name = (calls: number) => `${handler}: a call of ${calls.toLocaleString("en-US")}`;
  return [
    { name: name(100), value: took.few, unit: "ms" },
    { name: name(1_000), value: took.many, unit: "ms" },
    { name: name(most), value: took.most, unit: "ms" },
    { name: `${name(most)} : of 1,000`, value: took.most / took.many, unit: "×", target },
  ];
}
