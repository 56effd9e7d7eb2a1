import { fork, type ChildProcess } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { becomesTrue } from "./poll.ts";
import type { WorkerReport } from "./worker-process.ts";

export type WorkerOptions = {
  /** The module to run; it calls `announceReady`. */
  readonly entry: string;
  /** More environment of the worker. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given on as `FANFOLD_ENDPOINT_PORT`; 0: the worker finds one and keeps it. */
  readonly port?: number;
};

export type Worker = {
  readonly port: number;
  readonly url: string;
  /** Of the process that runs now; undefined between a death and the restart. */
  pid(): number | undefined;
  /** SIGKILL, as a crash; the worker is then restarted. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM, and SIGKILL if that takes 15 s. It is not restarted. */
  stop(): Promise<void>;
  /** How often it was started again. */
  restarts(): number;
};

/**
 * Runs an endpoint as a child process and resolves when it listens. When it dies it is started
 * again, until `stop`.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  let child = spawnWorker(options, options.port ?? 0);
  const port = await ready(child);
  let restarts = 0;
  let delayMs = firstDelayMs;
  let bornAt = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;

  const restartOnDeath = () => {
    const died = () => {
      if (stopping || !hasEnded(child)) return;
      if (Date.now() - bornAt > stableMs) delayMs = firstDelayMs;
      timer = setTimeout(restart, delayMs);
      delayMs = Math.min(delayMs * 2, lastDelayMs);
    };
    if (hasEnded(child)) died();
    else child.once("exit", died).once("error", died);
  };
  const restart = () => {
    restarts++;
    bornAt = Date.now();
    child = spawnWorker(options, port);
    restartOnDeath();
  };
  restartOnDeath();

  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: () => (hasEnded(child) ? undefined : child.pid),
    restarts: () => restarts,
    async kill() {
      const victim = child;
      victim.kill("SIGKILL");
      await gone(victim);
    },
    async stop() {
      stopping = true;
      clearTimeout(timer);
      child.kill("SIGTERM");
      if (!(await becomesTrue(() => hasEnded(child), { withinMs: stopWithinMs }))) {
        child.kill("SIGKILL");
        await gone(child);
      }
    },
  };
}

// --- internal ---

const readyWithinMs = 30_000;
const stopWithinMs = 15_000;
const firstDelayMs = 200;
const lastDelayMs = 2_000;
/** A worker that lived this long did not die of its start: the next restart waits little again. */
const stableMs = 10_000;
/** Where Node puts it by itself: whoever is started again compiles nothing again. */
const compileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache") };

/** Standard output is for data: what a worker prints goes to standard error. */
function spawnWorker({ entry, env }: WorkerOptions, port: number): ChildProcess {
  return fork(entry, {
    execArgv: [],
    env: { ...compileCache, ...process.env, ...env, FANFOLD_ENDPOINT_PORT: String(port) },
    stdio: ["ignore", 2, 2, "ipc"],
  });
}

function ready(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (message: string) => {
      clearTimeout(timer);
      reject(new Error(message));
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`The worker was not ready within ${readyWithinMs / 1_000} s.`);
    }, readyWithinMs);
    child.once("error", (error) => fail(`The worker could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      fail(`The worker ended before it was ready (${signal ?? `exit code ${code}`}).`),
    );
    child.on("message", (report: WorkerReport) => {
      if (report.ready !== true) return;
      clearTimeout(timer);
      resolve(report.port);
    });
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function gone(child: ChildProcess): Promise<void> {
  await becomesTrue(() => hasEnded(child), { withinMs: stopWithinMs });
}
