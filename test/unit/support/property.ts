import fc from "fast-check";
import { vi } from "vitest";

// Many cases take their time on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const { FC_SEED: seed, FC_RUNS: moreRuns } = process.env;

/**
 * Checks a property. A failure prints its seed; FC_SEED in the environment runs that one again, FC_RUNS
 * says how many cases each property is tried with.
 */
export function holds<Values>(property: fc.IProperty<Values>, runs = 100): void {
  fc.assert(property, parameters(runs));
}

/** The same for a property that has to be awaited. */
export async function holdsAsync<Values>(
  property: fc.IAsyncProperty<Values>,
  runs = 100,
): Promise<void> {
  await fc.assert(property, parameters(runs));
}

// --- internal ---

/** Shortening a case that fails may take hours: after this it is shown as it is by then. A slow property fails. */
const MOST_MS = 240_000;

function parameters(runs: number) {
  const limit = { interruptAfterTimeLimit: MOST_MS, markInterruptAsFailure: true };
  const numRuns = Number(moreRuns ?? runs);
  return { ...limit, numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
