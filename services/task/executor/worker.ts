import { hostname } from "node:os";

/** Names this process in the timeline. */
export const WORKER = `${hostname()}:${process.pid}`;
