import type { Clock } from "./clock.ts";

/** What can be asked to stop, and given up. */
export interface TimedAttempt {
  readonly startedAt: number;
  timeOut(timeoutMs: number): void;
  cancel(reason: Error): void;
  giveUp(): void;
}

/**
 * Ends attempts that take too long: first their signal is aborted, after the grace they are given up.
 * All attempts of a chunk have the same timeout, so the order of starting is the order of deadlines and
 * one timer does for all of them.
 */
export class Deadlines {
  readonly #plan: { readonly timeoutMs: number; readonly graceMs: number };
  readonly #clock: Clock;
  /** when each running attempt is due, oldest first */
  readonly #running = new Map<TimedAttempt, number>();
  readonly #overdue = new Map<TimedAttempt, number>();
  #cancelTimer: (() => void) | null = null;
  #wakeAt = Infinity;

  constructor(plan: { readonly timeoutMs: number; readonly graceMs: number }, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
  }

  add(attempt: TimedAttempt): void {
    const dueAt = attempt.startedAt + this.#plan.timeoutMs;
    this.#running.set(attempt, dueAt);
    // While the timer waits for the grace of an earlier attempt, this one may be due before that.
    if (dueAt < this.#wakeAt) this.#arm(dueAt);
  }

  remove(attempt: TimedAttempt): void {
    this.#running.delete(attempt);
    this.#overdue.delete(attempt);
  }

  /** Asks all to stop now; those that have been asked before are given up when they were to be. */
  cancelAll(reason: Error): void {
    const now = this.#clock.now();
    for (const attempt of this.#running.keys()) {
      this.#overdue.set(attempt, now + this.#plan.graceMs);
      attempt.cancel(reason);
    }
    this.#running.clear();
    this.#armNext();
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#running.clear();
    this.#overdue.clear();
  }

  // --- internal ---

  #arm(at: number): void {
    this.#cancelTimer?.();
    this.#wakeAt = at;
    const ms = Math.max(1, at - this.#clock.now());
    this.#cancelTimer = at === Infinity ? null : this.#clock.timer(ms, () => this.#check());
  }

  #armNext(): void {
    const [next] = this.#running.values();
    const [giveUp] = this.#overdue.values();
    this.#arm(Math.min(next ?? Infinity, giveUp ?? Infinity));
  }

  #check(): void {
    const now = this.#clock.now();
    for (const [attempt, at] of this.#overdue) {
      if (at > now) break;
      this.#overdue.delete(attempt);
      attempt.giveUp();
    }
    for (const [attempt, at] of this.#running) {
      if (at > now) break;
      this.#running.delete(attempt);
      this.#overdue.set(attempt, now + this.#plan.graceMs);
      attempt.timeOut(this.#plan.timeoutMs);
    }
    this.#armNext();
  }
}
