import { collectDefaultMetrics } from "prom-client";
import { registry } from "./registry.ts";
import "./task-metrics.ts";

/** The content type of `metricsText`. */
export const METRICS_TYPE = registry.contentType;

/** All that is measured, in the text format of Prometheus. */
export const metricsText = () => registry.metrics();

/** From now on the lag of the event loop, memory, processor time and garbage collection are measured too. */
export function watchProcess(): void {
  if (isWatched) return;
  isWatched = true;
  collectDefaultMetrics({ register: registry });
}

// --- internal ---

let isWatched = false;
