import type { PlanAnswer } from "../../services/contract/handlers.ts";
import type { JobSummary } from "../../services/contract/job-list.ts";
import type { Fold } from "../../services/contract/job-request.ts";
import type { InputOf, ResultOf } from "./action-ref.ts";
import { askJob } from "./ask.ts";
import { openIngress, type CallOptions, type ConnectOptions } from "./ingress.ts";
import { openJob, type Job } from "./job.ts";
import type { ActionOrName, JobResult, JobSpec, LastResult, Later } from "./job-spec.ts";
import { listJobs, type ListOptions } from "./list.ts";
import { randomId } from "./random-id.ts";
import { wireRequest } from "./wire-request.ts";

export interface Client {
  /**
   * Starts a job. Without a `jobId` it gets a random one, so that a repeated call starts no second job.
   *
   * @example
   * const job = await client.submit({ action: sendEmails, fanout: { foreach: { items: recipients } } });
   */
  submit<
    const First extends ActionOrName,
    const As extends string = "item",
    const Then extends readonly Later[] = [],
    const By extends Fold | undefined = undefined,
  >(
    request: JobSpec<First, As, Then, By>,
    options?: CallOptions,
  ): Promise<Job<InputOf<First>, LastResult<First, Then>, JobResult<First, Then, By>>>;

  /** Says what a request would come to, and starts nothing. */
  plan<
    const First extends ActionOrName,
    const As extends string = "item",
    const Then extends readonly Later[] = [],
  >(
    request: JobSpec<First, As, Then>,
    options?: CallOptions,
  ): Promise<PlanAnswer>;

  /** A job that was submitted elsewhere; its types can be told by its actions: `client.job<typeof sendEmails>(id)`. */
  job<First = unknown, Last = First>(id: string): Job<InputOf<First>, ResultOf<Last>>;

  /**
   * The jobs that the server knows, the newest first. Those that are submitted meanwhile are not among them.
   *
   * @example for await (const { jobId } of client.list({ status: "FAILED" })) console.log(jobId);
   */
  list(options?: ListOptions): AsyncGenerator<JobSummary, void>;
}

/** Opens nothing yet: the first call connects. */
export function connect(options: ConnectOptions): Client {
  const ingress = openIngress(options);
  return {
    submit: async (spec, callOptions) => {
      const { jobId = randomId(), ...request } = wireRequest(spec);
      const ask = askJob(ingress, jobId);
      await ask("submit", { body: JSON.stringify(request), ...callOptions });
      return openJob(jobId, ask);
    },
    plan: (spec, { signal } = {}) =>
      ingress("Jobs/plan", {
        body: JSON.stringify(wireRequest(spec)),
        repetition: "repeatable",
        signal,
      }),
    job: (id) => openJob(id, askJob(ingress, id)),
    list: (listOptions = {}) => listJobs(ingress, listOptions),
  };
}
