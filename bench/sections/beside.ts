import type { Section } from "./section.ts";

/** A small job does not wait for a large one that came before it. */
export const beside: Section = {
  name: "beside",
  withinMs: 40_000,
  async measure({ ingress, repeats }) {
    const large = await ingress.submit({ action: "noop", tasks: LARGE });
    await ingress.succeeded(large.jobId, AT_SPEED);
    const smallMs: number[] = [];
    for (let round = 0; round < repeats(6); round++) {
      smallMs.push(await ingress.runJob({ action: "noop", tasks: SMALL }));
    }
    // Refused if it has ended, and the figure would mean nothing.
    await ingress.cancel(large.jobId);
    return [
      {
        name: "100 tasks beside 1,000,000, slowest",
        value: Math.max(...smallMs),
        unit: "ms",
        target: { atMost: 1_000 },
      },
    ];
  },
};

// --- internal ---

const LARGE = 1_000_000;
const AT_SPEED = 50_000;
const SMALL = 100;
