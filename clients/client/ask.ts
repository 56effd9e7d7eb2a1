import type { Call, Ingress, Repetition } from "./ingress.ts";

/** What only reads, or changes nothing the second time, is repeatable: the default. */
export interface Question extends Omit<Call, "repetition"> {
  readonly repetition?: Repetition;
}

/** Calls a handler of one job. */
export type Ask = <Answer>(handler: string, question?: Question) => Promise<Answer>;

export function askJob(ingress: Ingress, jobId: string): Ask {
  const path = `Job/${encodeURIComponent(jobId)}`;
  return (handler, question) =>
    ingress(`${path}/${handler}`, { repetition: "repeatable", ...question });
}
