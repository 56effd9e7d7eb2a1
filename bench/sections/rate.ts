import type { Section } from "./section.ts";

/** A job under a rate: never faster, and not much slower either. */
export const rate: Section = {
  name: "rate",
  withinMs: 40_000,
  async measure({ ingress }) {
    const limits = { concurrency: 1_000, rate: { tasks: PER_SECOND, per: "1s" } };
    const job = await ingress.submit({ action: "noop", tasks: SECONDS * PER_SECOND, limits });
    await job.tookMs();
    const starts = (await ingress.startTimes(job.jobId)).sort((a, b) => a - b);
    const seconds = (starts.at(-1)! - starts[0]!) / 1_000;
    return [
      {
        name: "started in the busiest 10 s : rate",
        value: busiest(starts, 10_000) / (10 * PER_SECOND),
        unit: "×",
        target: { atMost: 1.05 },
      },
      {
        name: `started in ${SECONDS} s : rate`,
        value: (starts.length - 1) / seconds / PER_SECOND,
        unit: "×",
        target: { atLeast: 0.95 },
      },
    ];
  },
};

// --- internal ---

const PER_SECOND = 1_000;
const SECONDS = 15;

/** The most of these times that lie within so many milliseconds; they are in order. */
function busiest(times: readonly number[], ms: number): number {
  let first = 0;
  let most = 0;
  for (const [at, time] of times.entries()) {
    while (times[first]! <= time - ms) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}
