import type { JobOutcome } from "../../services/contract/job-outcome.ts";
import type { Ask } from "./ask.ts";
import { isFanfoldError } from "./error.ts";
import type { CallOptions } from "./ingress.ts";

/** A JobOutcome with the type of its result. */
export type OutcomeOf<Whole> = Omit<JobOutcome, "result"> & { readonly result: Whole };

/** The outcome of a job, however long it takes. */
export async function awaitOutcome<Whole>(
  ask: Ask,
  { signal }: CallOptions,
): Promise<OutcomeOf<Whole>> {
  for (;;) {
    try {
      return await ask("outcome", { body: WAIT, repetition: "lasting", signal });
    } catch (error) {
      if (!isFanfoldError(error, "STILL_RUNNING")) throw error;
    }
  }
}

// --- internal ---

/** Not the ten minutes that are allowed: proxies cut calls that take long, and so does Node. */
const WAIT = JSON.stringify({ wait: "50s" });
