import { Worker } from "node:worker_threads";
import { WORKER } from "./worker.ts";

/**
 * Ends the process when its event loop has stood still for `limitMs`: a task that never yields would
 * otherwise hold everything that runs here for ever. Who supervises the process starts it again, and the
 * task is found out. The watching thread counts its own ticks, so that a laptop's sleep is no standstill.
 *
 * The answer stops the watch.
 */
export function watchEventLoop(limitMs: number): () => void {
  const beats = new Int32Array(new SharedArrayBuffer(4));
  const beat = setInterval(() => Atomics.add(beats, 0, 1), limitMs / 10);
  const thread = new Worker(WATCH, {
    eval: true,
    workerData: { beats, limitMs, pid: process.pid, worker: WORKER },
  });
  beat.unref();
  thread.unref();
  return () => {
    clearInterval(beat);
    void thread.terminate();
  };
}

// --- internal ---

const WATCH = `
const { workerData } = require("node:worker_threads");
const { beats, limitMs, pid, worker } = workerData;
let seen = -1;
let still = 0;
setInterval(() => {
  const now = Atomics.load(beats, 0);
  still = now === seen ? still + 1 : 0;
  seen = now;
  if (still < 10) return;
  // A line as those of the log, which is the other thread's.
  const msg = "A task kept the event loop busy for " + limitMs + " ms: the process ends.";
  const line = JSON.stringify({ level: "fatal", time: new Date().toISOString(), worker, msg });
  require("node:fs").writeSync(2, line + "\\n");
  process.kill(pid, "SIGKILL");
}, limitMs / 10);
`;
