export { allOrNothing } from "./all-or-nothing.ts";
export { bestEffort } from "./best-effort.ts";
export { mapConcurrent } from "./map-concurrent.ts";
export { pipeline } from "./pipeline.ts";
export { wait } from "./wait.ts";
export { waitFirst, waitN } from "./wait-n.ts";
export { withTimeout } from "./with-timeout.ts";
export type { Futures, Outcome, Settled, Values } from "./outcome.ts";
export type { Step } from "./flow.ts";
