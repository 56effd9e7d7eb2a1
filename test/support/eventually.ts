import { vi } from "vitest";

/** Tries until it does not throw, for at most 30 s. */
export const eventually = <Value>(attempt: () => Promise<Value>): Promise<Value> =>
  vi.waitFor(attempt, { timeout: 30_000, interval: 50 });
