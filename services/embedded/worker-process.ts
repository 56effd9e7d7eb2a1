import { flushCompileCache } from "node:module";
import { log } from "../log/log.ts";

/** What a worker tells the process that started it. */
export type WorkerReport = { readonly ready: true; readonly port: number };

/**
 * Tells the parent, if there is one, that the endpoint listens; from then on this process ends with
 * its parent.
 */
export function announceReady(port: number): void {
  if (!process.send) return;
  if (!process.connected) process.exit(0);
  process.once("disconnect", () => process.exit(0));
  // By itself Node does so at the end, which a worker that is killed does not reach.
  flushCompileCache();
  process.send({ ready: true, port } satisfies WorkerReport);
}

/**
 * Runs `close` once and exits when this process is asked to stop. Under a parent Ctrl-C, which
 * reaches both, is the parent's business: it stops its worker itself.
 */
export function onStop(close: () => Promise<void>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.fatal({ err: error }, "The endpoint did not close cleanly.");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", process.send ? () => undefined : stop);
}
