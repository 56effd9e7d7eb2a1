import { LIMITS } from "../../contract/limits.ts";
import type { EndStatus } from "../../contract/task.ts";
import { plainEmission } from "../emission.ts";
import type { GroupHead, PendingTask } from "./group.ts";

/** A task that has its outcome. `emission`: what it passes on, if it said so itself. */
export interface Ended {
  readonly status: EndStatus;
  readonly at: number;
  readonly line: string;
  readonly emission: readonly string[] | null;
  /** tasks that it gives to the next stage */
  readonly emitted: number;
  /** of all its lines */
  readonly bytes: number;
}

/** What a group takes out of the buffer. */
export interface Taken extends Pick<
  GroupHead,
  "outcomes" | "passes" | "succeeded" | "failed" | "cancelled" | "retries" | "taskMs"
> {
  readonly lines: readonly string[];
  readonly passesOn: boolean;
}

/** Outcomes and failed attempts on their way into the journal: gathered, taken in groups, acknowledged. */
export class Outbox {
  readonly #groupSize: number;
  #ended: Ended[] = [];
  #bytes = 0;
  #retries: PendingTask[] = [];
  #spentMs = 0;
  #taken = 0;
  #takenAt = 0;
  #unsavedSince: number | null = null;

  constructor(durability: "group" | "task") {
    this.#groupSize = durability === "task" ? 1 : LIMITS.commitOutcomes;
  }

  /** Since when something waits for a group; null: nothing does. */
  get unsavedSince(): number | null {
    return this.#unsavedSince;
  }

  get isFull(): boolean {
    return this.#ended.length >= this.#groupSize || this.#bytes >= LIMITS.commitBytes;
  }

  get isEmpty(): boolean {
    return this.#ended.length === 0;
  }

  /** Outcomes that are not durable yet. */
  get unacknowledged(): number {
    return this.#ended.length + this.#taken;
  }

  /** Since when the oldest of them has waited. */
  oldestAt(now: number): number {
    return this.#taken > 0 ? this.#takenAt : (this.#ended[0]?.at ?? now);
  }

  keep(outcome: Omit<Ended, "bytes">): void {
    const { at, line, emission } = outcome;
    const bytes = Buffer.byteLength(line) + (emission === null ? 0 : bytesOf(emission));
    this.#bytes += bytes;
    this.#ended.push({ ...outcome, bytes });
    this.#unsavedSince ??= at;
  }

  keepRetry(task: PendingTask, at: number): void {
    this.#retries.push(task);
    this.#unsavedSince ??= at;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
  }

  /** The group that was taken last is durable. */
  acknowledge(): void {
    this.#taken = 0;
  }

  take(now: number): Taken {
    const ended = this.#nextGroup(now);
    const emission = emissionOf(ended);
    const count = (wanted: EndStatus) => ended.filter(({ status }) => status === wanted).length;
    const retries = this.#retries;
    const taskMs = Math.round(this.#spentMs * 1_000) / 1_000;
    this.#retries = [];
    this.#spentMs = 0;
    return {
      outcomes: ended.length,
      passes: emission === null ? "results" : "lines",
      succeeded: count("SUCCEEDED"),
      failed: count("FAILED"),
      cancelled: count("CANCELLED"),
      retries,
      taskMs,
      lines: [...ended.map(({ line }) => line), ...(emission ?? [])],
      passesOn: ended.some(({ emitted }) => emitted > 0),
    };
  }

  // --- internal ---

  #nextGroup(now: number): Ended[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#ended.length && count < this.#groupSize) {
      const { bytes: more } = this.#ended[count]!;
      if (count > 0 && bytes + more > LIMITS.commitBytes) break;
      bytes += more;
      count += 1;
    }
    this.#bytes -= bytes;
    this.#taken = count;
    this.#takenAt = now;
    const group = this.#ended.splice(0, count);
    this.#unsavedSince = this.#ended[0]?.at ?? null;
    return group;
  }
}

const bytesOf = (lines: readonly string[]) =>
  lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0);

/** Emission lines of a group; null when every result is passed on as it is: its outcome line says it all. */
function emissionOf(ended: readonly Ended[]): string[] | null {
  if (ended.every(({ emission }) => emission === null)) return null;
  return ended.flatMap(({ status, emission, line }) =>
    emission === null ? (status === "SUCCEEDED" ? [plainEmission(line)] : []) : [...emission],
  );
}
