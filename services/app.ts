import type { ServiceDefinition, VirtualObjectDefinition } from "@restatedev/restate-sdk";
import { data } from "./data/data.ts";
import { createFoldService } from "./fold/fold.ts";
import { createJobObject } from "./job/job.ts";
import { createJobsService } from "./job/jobs.ts";
import { sweep } from "./job/sweep.ts";
import { registryOf, type Definition } from "./registry.ts";
import { chunk } from "./task/chunk.ts";
import { admission } from "./task/executor/admission.ts";
import { guardProcess } from "./task/executor/crash-guard.ts";
import { drain } from "./task/executor/shutdown.ts";
import { watchEventLoop } from "./task/executor/watchdog.ts";
import { createRunner } from "./task/runner.ts";

export type AnyService =
  ServiceDefinition<string, unknown> | VirtualObjectDefinition<string, unknown>;

export interface App {
  readonly services: AnyService[];
  /** Waits for what runs, ten seconds at most; nothing new starts. Close the endpoint after it. */
  close(): Promise<void>;
}

/** Fanfold with these actions and folds, ready to be served. */
export function createApp({ actions }: { actions: readonly Definition[] }): App {
  const engine = {
    ...registryOf(actions),
    publicUrl: process.env["FANFOLD_PUBLIC_URL"] ?? "http://127.0.0.1:8080",
  };
  admission.open();
  const unguard = guardProcess();
  const unwatch = watchEventLoop(Number(process.env["FANFOLD_WATCHDOG_MS"] ?? 60_000));
  return {
    services: [
      createJobsService(engine),
      createJobObject(engine),
      chunk,
      createRunner(engine.findAction),
      data,
      sweep,
      createFoldService(engine.findFold),
    ],
    close: async () => {
      await drain(GRACE_MS);
      unwatch();
      unguard();
    },
  };
}

// --- internal ---

/** How long a process that was asked to end waits for the tasks that run in it. */
const GRACE_MS = 10_000;
