/** Time as the executor sees it, in milliseconds since the epoch; tests turn it by hand. */
export interface Clock {
  now(): number;
  /** Calls `wake` once after `ms`; the answer cancels it. */
  timer(ms: number, wake: () => void): () => void;
}

const ORIGIN = performance.timeOrigin;

/** Monotonic: steps of the system clock do not disturb durations. */
export const systemClock: Clock = {
  now: () => ORIGIN + performance.now(),
  timer: (ms, wake) => {
    const timer = setTimeout(wake, Math.min(ms, MAX_TIMER_MS));
    return () => clearTimeout(timer);
  },
};

// --- internal ---

const MAX_TIMER_MS = 2 ** 31 - 1;
