import type { ServiceDefinition, VirtualObjectDefinition } from "@restatedev/restate-sdk";
import { data } from "./data/data.ts";
import type { RetryPlan } from "./job/core/plan.ts";
import { createJobObject } from "./job/job.ts";
import { createJobsService } from "./job/jobs.ts";
import { sweep } from "./job/sweep.ts";
import { addressPolicy } from "./notify/address.ts";
import { WEBHOOK_RETRY } from "./notify/by-webhook.ts";
import { createNotifyService } from "./notify/notify.ts";
import { webhookSecrets } from "./notify/signature.ts";
import { createFoldService } from "./fold/fold.ts";
import { registryOf, type Definition } from "./registry.ts";
import { listing } from "./listing/listing.ts";
import { limiter } from "./limits/limiter.ts";
import { checkLogLevel } from "./log/log.ts";
import { createDurableService } from "./rpc/durable-service.ts";
import { createFunctionService } from "./rpc/function-service.ts";
import { maxTasks } from "./max-tasks.ts";
import { chunk } from "./task/chunk.ts";
import { admission } from "./task/executor/admission.ts";
import { guardProcess } from "./task/executor/crash-guard.ts";
import { drain } from "./task/executor/shutdown.ts";
import { watchEventLoop } from "./task/executor/watchdog.ts";
import { handlerFinder } from "./task/calls/handler-finder.ts";
import { createRunner } from "./task/runner.ts";
import { traced, type Traces } from "./traces/traces.ts";

export type AnyService =
  ServiceDefinition<string, unknown> | VirtualObjectDefinition<string, unknown>;

export interface App {
  readonly services: AnyService[];
  /**
   * Starts nothing more, and waits ten seconds at most for what runs; what is left goes on in the next
   * process. Close the endpoint after it.
   */
  close(): Promise<void>;
}

export interface AppOptions {
  readonly actions: readonly Definition[];
  /** Restate services of one's own, served beside Fanfold's. */
  readonly services?: readonly AnyService[];
  /** When a webhook that failed is sent again; tests are in more of a hurry. */
  readonly webhookRetry?: RetryPlan;
  /** What makes spans, from `fanfold/traces`; by default there are none. */
  readonly traces?: Traces | null;
}

/**
 * Fanfold with these actions and folds, ready to be served.
 *
 * Webhooks are signed with `FANFOLD_WEBHOOK_SECRET` (`whsec_<base64>`; several with spaces between while
 * receivers change from one to the next), or not at all without it. They go to public addresses by
 * https, and by http too to what `FANFOLD_WEBHOOK_ALLOW` lists: `host`, `host:port`, `10.1.0.0/16`, with
 * commas between.
 */
export function createApp({
  actions,
  services = [],
  webhookRetry = WEBHOOK_RETRY,
  traces = null,
}: AppOptions): App {
  const { env } = process;
  const webhooks = {
    policy: addressPolicy(env["FANFOLD_WEBHOOK_ALLOW"] ?? ""),
    secrets: webhookSecrets(env["FANFOLD_WEBHOOK_SECRET"] ?? ""),
    retry: webhookRetry,
  };
  const engine = {
    ...registryOf(actions),
    publicUrl: env["FANFOLD_PUBLIC_URL"] ?? DEFAULT_INGRESS,
    ingressUrl: env["FANFOLD_INGRESS_URL"] ?? DEFAULT_INGRESS,
    webhookPolicy: webhooks.policy,
  };
  checkLogLevel();
  admission.open(maxTasks());
  const unguard = guardProcess();
  const unwatch = watchEventLoop(Number(env["FANFOLD_WATCHDOG_MS"] ?? 60_000));
  const all = [
    createJobsService(engine),
    createJobObject(engine),
    chunk,
    createRunner(engine.findAction, handlerFinder(engine.ingressUrl), traces),
    data,
    limiter,
    sweep,
    listing,
    createNotifyService(webhooks),
    createFoldService(engine.findFold),
    ...actions.flatMap((definition) => serviceOf(definition, traces)),
    ...services,
  ];
  return {
    services: traces ? all.map((service) => traced(service, traces)) : all,
    close: async () => {
      await drain(GRACE_MS);
      unwatch();
      unguard();
    },
  };
}

// --- internal ---

/** Every action is a service of its own name too. */
function serviceOf(definition: Definition, traces: Traces | null): AnyService[] {
  switch (definition.kind) {
    case "function":
      return [createFunctionService(definition, traces)];
    case "durable":
      return [createDurableService(definition)];
    case "fold":
      return [];
  }
}

/** How long a process that was asked to end waits for the tasks that run in it. */
const GRACE_MS = 10_000;
const DEFAULT_INGRESS = "http://127.0.0.1:8080";
