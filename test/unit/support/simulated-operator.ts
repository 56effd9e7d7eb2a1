import type { ChangedLimits } from "../../../services/job/core/reducer.ts";
import type { Decisions } from "./decisions.ts";
import { chosenTasks, redrivenStage, type Only } from "./redriven-tasks.ts";
import type { Sent, SimulatedJob } from "./simulated-job.ts";

/** Does to a job what its control handlers and its clocks do, at moments of its own choice. */
export class SimulatedOperator {
  readonly #job: SimulatedJob;
  readonly #decide: Decisions;
  readonly #tick: (earliest?: number) => number;

  constructor(
    job: SimulatedJob,
    { decide, tick }: { decide: Decisions; tick: (earliest?: number) => number },
  ) {
    this.#job = job;
    this.#decide = decide;
    this.#tick = tick;
  }

  /** The job waits for `release`. */
  get isHolding(): boolean {
    const { isPaused, isScheduled } = this.#job.state;
    return isPaused || isScheduled;
  }

  release(): Sent {
    const { model, state } = this.#job;
    const at = this.#tick(state.startedAt);
    if (model.isScheduled) {
      return this.#job.step({ type: "start", at }, () => (model.isScheduled = false));
    }
    return this.#job.step({ type: "resume", at }, () => (model.isPaused = false));
  }

  /** At such a rate a large job takes more steps than a test has time for. */
  get isSlow(): boolean {
    return this.#job.model.stages.some(({ plan }) => plan.rate === SLOW);
  }

  liftRates(): Sent {
    const { stages } = this.#job.model;
    const slow = [...stages.keys()].filter((at) => stages[at]!.plan.rate === SLOW);
    return this.#setLimits(this.#tick(), slow, { rate: null });
  }

  interfere(): Sent {
    const { model } = this.#job;
    const kind = this.#decide.below(10);
    const at = this.#tick();
    if (kind === 0) {
      const as = this.#decide.oneOf(["CANCELLED", "FAILED"] as const);
      return this.#job.step({ type: "stop", at, as, reason: "enough" }, () => model.stop(as));
    }
    if (kind < 7 && !model.isPaused && !model.stoppedAs) {
      return this.#job.step({ type: "pause", at }, () => (model.isPaused = true));
    }
    return this.#changeLimits(at);
  }

  /** Runs some tasks of the ended job again. Null: none. */
  redrive(): Sent | null {
    const { model, state } = this.#job;
    if (model.generation === 3 || this.#decide.below(6) === 5) return null;
    if (this.#decide.below(4) === 3) return this.#foldAgain();
    const { stages, only } = this.#choose();
    const chosen = new Map<number, readonly number[]>();
    for (const at of stages) {
      const tasks = chosenTasks(model.stages[at]!, only);
      if (tasks.length > 0) chosen.set(at, tasks);
    }
    const isWanted = only === "unsucceeded" || (only === "failed" && model.hasSourceFailed);
    const readsOn = model.hasMorePages && stages.includes(0) && isWanted;
    if (chosen.size === 0 && !readsOn) return null;
    const least = this.#decide.oneOf([250, 40, 3, 1]);
    const redriven = [...chosen].map(([at, { length }]) => {
      const run = Math.max(least, Math.ceil(length / MOST_RUNS));
      return redrivenStage(model.stages[at]!, { state, at, only, run }, (backlog) =>
        this.#job.takeSegments(at, backlog),
      );
    });
    const at = this.#tick();
    const event = { type: "redrive", at, stages: redriven, folds: [], readsOn } as const;
    return this.#job.step(event, () => model.redrive(chosen, { readsOn }));
  }

  // --- internal ---

  #choose(): { stages: readonly number[]; only: Only } {
    const { stages: models } = this.#job.model;
    const stage = this.#decide.below(models.length);
    const kind = this.#decide.below(5);
    if (kind < 4) {
      const only = kind % 2 === 0 ? "unsucceeded" : "failed";
      return { stages: kind < 2 ? [...models.keys()] : [stage], only };
    }
    const every = 1 + this.#decide.below(3);
    const all = chosenTasks(models[stage]!, "unsucceeded");
    const only = all.filter((_, place) => place % every === 0).slice(0, MOST_RUNS);
    return { stages: [stage], only };
  }

  /** Folds that have failed, or were cut short, go through their stages once more. */
  #foldAgain(): Sent | null {
    const { model } = this.#job;
    const folds = [...model.stages.keys()].filter((at) => {
      const { hasFoldFailed, fold } = model.stages[at]!;
      return hasFoldFailed || fold === "cut";
    });
    if (folds.length === 0) return null;
    const at = this.#tick();
    const event = { type: "redrive", at, stages: [], folds, readsOn: false } as const;
    return this.#job.step(event, () => model.redrive(new Map(folds.map((at) => [at, []]))));
  }

  #changeLimits(at: number): Sent {
    const all = [...this.#job.model.stages.keys()];
    const stages = all.filter(() => this.#decide.below(3) > 0);
    const rate = this.#decide.oneOf([null, SLOW, { tasks: 500, perMs: 100 }]);
    const concurrency = 1 + this.#decide.below(this.#decide.oneOf([3, 30, 300]));
    const limits = this.#decide.below(2) === 0 ? { concurrency } : { concurrency, rate };
    return this.#setLimits(at, stages, limits);
  }

  #setLimits(at: number, stages: readonly number[], limits: ChangedLimits): Sent {
    const { stages: models } = this.#job.model;
    return this.#job.step({ type: "limits", at, stages, limits }, () => {
      for (const stage of stages) models[stage]!.plan = { ...models[stage]!.plan, ...limits };
    });
  }
}

const SLOW = { tasks: 1, perMs: 1_000 };

/** More would only take longer: several pages of a backlog. */
const MOST_RUNS = 300;
