import { Counter, Gauge, Histogram } from "prom-client";
import { admission } from "../task/executor/admission.ts";
import { registry } from "./registry.ts";

const registers = [registry];

export const tasks = new Counter({
  name: "fanfold_tasks_total",
  help: "Tasks that ended here, by action and outcome.",
  labelNames: ["action", "outcome"],
  registers,
});

export const attempts = new Counter({
  name: "fanfold_attempts_total",
  help: "Attempts that ended here: succeeded, failed for good, or failed to be tried again.",
  labelNames: ["action", "result"],
  registers,
});

export const attemptSeconds = new Counter({
  name: "fanfold_attempt_seconds_total",
  help: "Time that attempts took, added up.",
  labelNames: ["action"],
  registers,
});

export const chunkTasks = new Histogram({
  name: "fanfold_chunk_tasks",
  help: "Tasks of a chunk that ended here, without those it gave back.",
  buckets: [1, 10, 100, 500, 1_000, 2_000, 4_000, 8_000],
  registers,
});

export const commitOutcomes = new Histogram({
  name: "fanfold_commit_outcomes",
  help: "Outcomes that are made durable together.",
  buckets: [0, 1, 5, 10, 50, 100, 250, 499, 500],
  registers,
});

export const commitSeconds = new Histogram({
  name: "fanfold_commit_seconds",
  help: "How long a complete group takes until the server says that it is durable.",
  buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  registers,
});

export const deaths = new Counter({
  name: "fanfold_lost_rounds_total",
  help: "Chunks found here whose process had died.",
  labelNames: ["action"],
  registers,
});

/** Read when somebody asks. */
export const running = new Gauge({
  name: "fanfold_attempts_running",
  help: "Attempts that run now.",
  registers,
  collect() {
    this.set(admission.places.taken);
  },
});

export const places = new Gauge({
  name: "fanfold_attempts_running_limit",
  help: "Attempts that may run at once: FANFOLD_MAX_TASKS.",
  registers,
  collect() {
    this.set(admission.places.all);
  },
});
