import type { EndStatus } from "../../../services/contract/task.ts";
import { userFold } from "../../../services/job/core/fold/user-fold.ts";
import type { StagePlan } from "../../../services/job/core/plan.ts";

/** What the naive model knows of one task. */
export interface TaskModel {
  readonly input: string;
  state: "waiting" | "sent" | EndStatus;
  /** what chunks have stored of it, one in each generation at most */
  readonly outcomes: { readonly status: EndStatus; readonly generation: number }[];
  /** in which generation it was last cancelled before it had started, ever */
  droppedIn: number | null;
}

/** A stage as a list with one entry for each task. Everything is counted out anew, whenever it is asked for. */
export class StageModel {
  readonly tasks: TaskModel[] = [];
  plan: StagePlan;
  /** nothing more will be fed from outside */
  isSealed = false;
  stoppedAs: EndStatus | null = null;
  status: EndStatus | null = null;
  ranIn = 1;
  /** a fold of the user's own: to come, at work, cut short, or none of these */
  fold: "due" | "running" | "cut" | null;
  hasFoldFailed = false;
  chunks = 0;
  /** tasks from this index on were never sent */
  sentTo = 0;
  retries = 0;
  folds = 0;
  fanIns = 0;

  constructor(plan: StagePlan) {
    this.plan = plan;
    this.fold = this.#ownFold;
  }

  count(state: TaskModel["state"]): number {
    let count = 0;
    for (const task of this.tasks) if (task.state === state) count += 1;
    return count;
  }

  /** Indexes of the tasks that never started and never will, unless they are run again. */
  get dropped(): number[] {
    return [...this.tasks.keys()].filter((index) => {
      const { state, outcomes } = this.tasks[index]!;
      return state === "CANCELLED" && outcomes.length === 0;
    });
  }

  add(inputs: readonly string[], generation: number): void {
    for (const input of inputs) {
      this.tasks.push({ input, state: "waiting", outcomes: [], droppedIn: null });
    }
    if (inputs.length > 0) this.ranIn = generation;
    if (inputs.length > 0 && !this.stoppedAs) this.fold = this.#ownFold;
    if (this.stoppedAs) this.#dropWaiting(generation);
  }

  get isToBeFolded(): boolean {
    return this.fold === "due" || this.fold === "running";
  }

  /** Somebody will not start these after all. */
  giveBack(indexes: readonly number[], generation: number): void {
    for (const index of indexes) this.tasks[index]!.state = "waiting";
    if (this.stoppedAs) this.#dropWaiting(generation);
  }

  stop(as: EndStatus, generation: number): void {
    this.stoppedAs = as;
    if (as !== "SUCCEEDED") {
      this.fold = this.fold === "running" ? "cut" : null;
      this.hasFoldFailed = false;
    }
    this.#dropWaiting(generation);
  }

  /** These tasks are to run once more, or the fold if there are none. */
  runAgain(indexes: readonly number[], generation: number): void {
    for (const index of indexes) this.tasks[index]!.state = "waiting";
    this.ranIn = generation;
    this.fold = this.#ownFold;
    this.hasFoldFailed = false;
  }

  /** How the policy ends the stage though not all of its tasks have ended; null: it does not. */
  earlyEnd({ isComplete }: { readonly isComplete: boolean }): "SUCCEEDED" | "FAILED" | null {
    const { policy, succeedAfter } = this.plan;
    if (succeedAfter !== null) {
      if (this.count("SUCCEEDED") >= succeedAfter) return "SUCCEEDED";
      const lost = this.count("FAILED") + this.count("CANCELLED");
      return isComplete && this.tasks.length - lost < succeedAfter ? "FAILED" : null;
    }
    if (policy === "all-or-nothing") return this.count("FAILED") > 0 ? "FAILED" : null;
    if (typeof policy === "string" || policy.onExceeded === "finish") return null;
    return this.#exceeds(policy.tolerate, this.count("FAILED"), isComplete) ? "FAILED" : null;
  }

  /** How a stage has ended whose tasks all have, and that was folded. */
  end(): EndStatus {
    if (this.hasFoldFailed) return "FAILED";
    if (this.stoppedAs) return this.stoppedAs;
    const { policy, succeedAfter } = this.plan;
    const succeeded = this.count("SUCCEEDED");
    const lost = this.tasks.length - succeeded;
    const isGood = () => {
      if (succeedAfter !== null) return succeeded >= succeedAfter;
      if (policy === "best-effort") return succeeded > 0 || lost === 0;
      if (typeof policy === "string") return lost === 0;
      return !this.#exceeds(policy.tolerate, lost, true);
    };
    return isGood() ? "SUCCEEDED" : "FAILED";
  }

  // --- internal ---

  get #ownFold(): "due" | null {
    return userFold(this.plan.fold) === null ? null : "due";
  }

  #exceeds(
    {
      count,
      percent,
    }: { readonly count?: number | undefined; readonly percent?: number | undefined },
    failed: number,
    isComplete: boolean,
  ): boolean {
    if (count !== undefined && failed > count) return true;
    return isComplete && percent !== undefined && failed * 100 > percent * this.tasks.length;
  }

  #dropWaiting(generation: number): void {
    for (const task of this.tasks) {
      if (task.state !== "waiting") continue;
      task.state = task.outcomes.at(-1)?.status ?? "CANCELLED";
      if (task.outcomes.length === 0) task.droppedIn = generation;
    }
  }
}
