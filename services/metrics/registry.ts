import { Registry } from "prom-client";

/** Of this process. */
export const registry = new Registry();
