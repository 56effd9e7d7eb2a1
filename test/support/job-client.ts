import type { z } from "zod";
import {
  AppendAnswer,
  ControlAnswer,
  JobHandle,
  JobOutcome,
  JobRequest,
  JobStatus,
  ResultsPage,
  ResultsRequest,
  TimelineChunk,
  TimelinePage,
  VerifyAnswer,
  WhyAnswer,
  type AppendRequest,
  type CancelRequest,
  type EventRequest,
  type OutcomeRequest,
  type RedriveRequest,
  type SetLimitsRequest,
  type TaskOutcome,
} from "../../services/contract/index.ts";
import { accepted, type Answer, type HttpClient } from "./http.ts";

/** One job over the ingress. Answers are checked against the contract, unknown keys included; a refusal throws. */
export function jobClient(http: HttpClient, id: string) {
  const path = (handler: string) => `Job/${id}/${handler}`;
  const ask = async <T>(schema: z.ZodType<T>, handler: string, body?: unknown): Promise<T> =>
    schema.parse(await accepted(http.post(path(handler), body)));

  const job = {
    id,
    path,
    submit: (request: JobRequest) => ask(JobHandle.strict(), "submit", request),
    append: (request: AppendRequest) => ask(AppendAnswer.strict(), "append", request),
    seal: () => ask(ControlAnswer.strict(), "seal"),
    status: () => ask(JobStatus.strict(), "status"),
    /** Unless it is asked for with a request of its own, it is waited for as long as the test may take. */
    outcome: async (request?: OutcomeRequest): Promise<JobOutcome> => {
      let answer: Answer;
      do answer = await http.post(path("outcome"), request ?? { wait: "45s" });
      while (request === undefined && !answer.ok && answer.code === "STILL_RUNNING");
      return JobOutcome.strict().parse(await accepted(Promise.resolve(answer)));
    },
    results: (request: ResultsRequest = {}) => ask(ResultsPage.strict(), "results", request),
    timeline: (request: { stage?: number; cursor?: string | null | undefined } = {}) =>
      ask(TimelinePage.strict(), "timeline", request),
    why: () => ask(WhyAnswer.strict(), "why"),
    verify: () => ask(VerifyAnswer.strict(), "verify"),
    pause: () => ask(ControlAnswer.strict(), "pause"),
    resume: () => ask(ControlAnswer.strict(), "resume"),
    cancel: (request: CancelRequest = {}) => ask(ControlAnswer.strict(), "cancel", request),
    setLimits: (request: SetLimitsRequest) => ask(ControlAnswer.strict(), "setLimits", request),
    redrive: (request: RedriveRequest) => ask(ControlAnswer.strict(), "redrive", request),
    purge: () => ask(ControlAnswer.strict(), "purge"),
    raiseEvent: (request: EventRequest) => ask(ControlAnswer.strict(), "raiseEvent", request),
    setCustomStatus: (text: string | null) =>
      ask(ControlAnswer.strict(), "setCustomStatus", { text }),

    /** Submits and waits for the end. */
    run: async (request: JobRequest) => {
      await job.submit(request);
      return job.outcome();
    },

    /** Every outcome of a stage of an ended job, page by page. */
    allResults: async (request: Omit<ResultsRequest, "cursor"> = {}): Promise<TaskOutcome[]> => {
      const outcomes: TaskOutcome[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await job.results({ limit: 1_000, ...request, cursor });
        outcomes.push(...page.outcomes);
        ({ cursor } = page);
      }
      return outcomes;
    },

    /** Every chunk of a stage of an ended job. */
    allChunks: async (stage: number): Promise<TimelineChunk[]> => {
      const chunks: TimelineChunk[] = [];
      let cursor: string | null | undefined;
      while (cursor !== null) {
        const page = await job.timeline({ stage, cursor: cursor ?? null });
        chunks.push(...page.chunks);
        ({ cursor } = page);
      }
      return chunks;
    },
  };
  return job;
}

export type JobClient = ReturnType<typeof jobClient>;
