import type { JobPage, JobSummary, ListedState } from "../../services/contract/job-list.ts";
import type { CallOptions, Ingress } from "./ingress.ts";

export interface ListOptions extends CallOptions {
  /** Only jobs that stand so; a paused one is RUNNING here. */
  readonly status?: ListedState;
  /** Only jobs that have this label: its name, or `name=value`. */
  readonly label?: string;
  /** Most jobs a call, up to 1,000; by default 100. */
  readonly limit?: number;
}

/** Jobs page by page, the newest first. A page that is empty need not be the last. */
export async function* listJobs(
  ingress: Ingress,
  { signal, ...request }: ListOptions,
): AsyncGenerator<JobSummary, void> {
  let cursor: string | null = null;
  do {
    const body = JSON.stringify({ ...request, cursor });
    const page: JobPage = await ingress<JobPage>("Jobs/list", {
      body,
      repetition: "repeatable",
      signal,
    });
    yield* page.jobs;
    ({ cursor } = page);
  } while (cursor !== null);
}
