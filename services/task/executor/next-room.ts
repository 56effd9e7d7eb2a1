import { LIMITS } from "../../contract/limits.ts";
import type { Room } from "../chunk-spec.ts";
import { failure, type AttemptResult } from "./attempt-result.ts";

/** What the next stage may still take of this chunk. */
export class NextRoom {
  readonly #room: Room;
  #passed: Room = { items: 0, bytes: 0, tasks: 0 };

  constructor(room: Room) {
    this.#room = room;
  }

  /** The result, or the failure of one that passes on more than there is room for. */
  fit(result: AttemptResult): AttemptResult {
    if (!result.ok) return result;
    const tasks = this.#passed.tasks + (result.emitted ?? 0);
    if (tasks > this.#room.tasks) {
      const message = `The next stage would have more than ${LIMITS.tasksPerStage} tasks.`;
      return failure("FANOUT_TOO_LARGE", message, undefined, true);
    }
    const stored = result.emission ?? [result.json];
    const bytes = this.#passed.bytes + stored.reduce((sum, { length }) => sum + length, 0);
    const items = this.#passed.items + stored.length;
    if (bytes > this.#room.bytes || items > this.#room.items) {
      const message = "The job stores as much as it may for the next stage.";
      return failure("BACKLOG_FULL", message, undefined, true);
    }
    this.#passed = { tasks, bytes, items };
    return result;
  }
}
