import type { Decisive } from "../../job/core/policy.ts";
import type { GroupHead } from "./group.ts";
import type { LimiterRef } from "./lease.ts";

export interface ScheduleOptions {
  /** when the chunk began, be it in an earlier attempt */
  readonly startedAt: number;
  /** what earlier attempts have committed, and how much of it no report has named */
  readonly committedBytes: number;
  readonly unsavedBytes: number;
  /** the first outcome that feeds the next stage is reported at once */
  readonly isEager: boolean;
  /** so are the outcomes that may decide the stage */
  readonly decisive: Decisive;
  /** at least, from one report to the next that nobody waits for */
  readonly beatMs: number;
  /** they may keep its tasks from starting */
  readonly limiters: readonly LimiterRef[];
}

/**
 * When the groups of a chunk are due, and which of them are reported: a group 50 ms after its first outcome
 * or at a beat; a report at each beat, and earlier when somebody waits for it or it grows too large.
 */
export class Schedule {
  readonly #startedAt: number;
  /** Not when the chunk began: a task that an earlier attempt died of starts again before it could go back. */
  readonly #beganAt: number;
  /** nothing was committed before */
  readonly #isFresh: boolean;
  #reportedAt: number;
  #takenBytes: number;
  #reportedBytes: number;
  #isEager: boolean;
  /** until outcomes of this chunk may decide the stage */
  #left: { readonly succeeded: number; readonly failed: number };
  readonly #leastBeatMs: number;
  #isHastened = false;
  /** when something that was said is to be reported */
  #speakAt = Infinity;
  readonly #isLimited: boolean;
  #hasStarted = false;
  #hasRunOut = false;

  constructor(options: ScheduleOptions, beganAt: number) {
    const { startedAt, committedBytes, unsavedBytes, isEager, decisive, limiters } = options;
    this.#leastBeatMs = options.beatMs;
    this.#isLimited = limiters.length > 0;
    this.#startedAt = startedAt;
    this.#beganAt = beganAt;
    this.#isFresh = committedBytes === 0;
    this.#reportedAt = beganAt;
    this.#takenBytes = committedBytes;
    this.#reportedBytes = committedBytes - unsavedBytes;
    this.#isEager = isEager;
    const { succeeded, failed } = decisive;
    this.#left = { succeeded: succeeded ?? Infinity, failed: failed ?? Infinity };
  }

  /** `unsavedSince`: when the first outcome of the next group came, null if none has. */
  dueAt(unsavedSince: number | null, mayReturn: boolean): number {
    if (this.#isHastened) return 0;
    const groupAt = unsavedSince === null ? Infinity : unsavedSince + GROUP_MS;
    return Math.min(groupAt, this.#beatAt, this.#speakAt, mayReturn ? this.#sliceEndsAt : Infinity);
  }

  /** From one report to the next: more than the least if the chunk is old, a tenth of its age. */
  get beatMs(): number {
    const age = this.#reportedAt - this.#startedAt;
    return Math.min(MAX_BEAT_MS, Math.max(this.#leastBeatMs, age / 10));
  }

  /** A task starts. */
  start(): void {
    this.#hasStarted = true;
  }

  /** The next group is due at once, and its report. */
  hasten(): void {
    this.#isHastened = true;
  }

  /** What a task says is reported within a second, however old the chunk is. */
  speak(now: number): void {
    this.#speakAt = Math.min(this.#speakAt, Math.max(now, this.#reportedAt + MIN_BEAT_MS));
  }

  count({ lines, succeeded, failed }: Counted): void {
    this.#takenBytes += lines.reduce((sum, { length }) => sum + length, 0);
    const left = this.#left;
    this.#left = { succeeded: left.succeeded - succeeded, failed: left.failed - failed };
  }

  /** Tasks that were not started go back. */
  isSliceOver(now: number): boolean {
    return now >= this.#sliceEndsAt;
  }

  /** Whether the group that was counted last is reported. */
  takeReport(now: number, { passesOn, returns, runsOut }: Occasion): boolean {
    const isFirst = this.#isEager && passesOn;
    const isBulky = this.#takenBytes - this.#reportedBytes >= REPORT_BYTES;
    const isDecisive = Math.min(this.#left.succeeded, this.#left.failed) <= 0;
    const hasJustRunOut = runsOut && !this.#hasRunOut;
    this.#hasRunOut ||= runsOut;
    const isHasty =
      isFirst || isBulky || isDecisive || hasJustRunOut || returns || this.#isHastened;
    const isDue = isHasty || now >= Math.min(this.#beatAt, this.#speakAt);
    if (passesOn) this.#isEager = false;
    if (isDecisive) this.#left = NEVER;
    this.#isHastened = false;
    if (isDue) {
      this.#speakAt = Infinity;
      this.#reportedAt = now;
      this.#reportedBytes = this.#takenBytes;
    }
    return isDue;
  }

  // --- internal ---

  get #beatAt(): number {
    return this.#reportedAt + this.beatMs;
  }

  get #sliceEndsAt(): number {
    if (this.#isLimited && !this.#hasStarted) return this.#beganAt + PATIENCE_MS;
    if (this.#takenBytes < CHUNK_BYTES) return this.#beganAt + SLICE_MS;
    return this.#isFresh ? 0 : this.#beganAt + MIN_BEAT_MS;
  }
}

interface Occasion {
  readonly passesOn: boolean;
  readonly returns: boolean;
  /** the chunk will soon have nothing to start */
  readonly runsOut: boolean;
}

type Counted = Pick<GroupHead, "succeeded" | "failed"> & { readonly lines: readonly string[] };

const NEVER = { succeeded: Infinity, failed: Infinity };
const SLICE_MS = 5_000;
/** One that could start nothing keeps its tasks longer: another chunk would fare no better. */
const PATIENCE_MS = 60_000;
/** Results beyond this are the next chunk's: a replay reads all of a chunk's groups again. */
const CHUNK_BYTES = 16 * 1024 * 1024;
/** What is held back for a later report is in memory. */
const REPORT_BYTES = 4 * 1024 * 1024;
const GROUP_MS = 50;
const MIN_BEAT_MS = 1_000;
const MAX_BEAT_MS = 30_000;
