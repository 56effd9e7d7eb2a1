import { describe, expectTypeOf, it } from "vitest";
import type {
  AppendRequest,
  CallErrorCode,
  EndStatus,
  JobOutcome,
  JobRequest,
  JobStatus,
  OutcomeErrorCode,
  ResultsRequest,
  Stage,
  Task,
  TaskError,
  TaskOutcome,
} from "../../services/contract/index.ts";

const accept = <Type>(_value: Type): void => undefined;

describe("JobRequest", () => {
  it("takes an action and a fan-out, and every spelling of a duration", () => {
    accept<JobRequest>({ action: "a", fanout: { tasks: 1 } });
    accept<JobRequest>({ action: "a", open: true, sealBy: "24h", retention: 5_000 });
    accept<JobRequest>({ actionChain: ["a", { action: "b", timeout: "1s" }] });
    accept<JobRequest>({ action: "a", failurePolicy: { tolerate: { percent: 5 } } });
    accept<JobRequest>({ action: "a", deadline: null, succeedAfter: null, limits: { rate: null } });
  });

  it("takes stages by name or as objects", () => {
    expectTypeOf<NonNullable<JobRequest["nextActions"]>>().toEqualTypeOf<(string | Stage)[]>();
  });

  it("refuses what is wrong or unknown", () => {
    // @ts-expect-error there is no such field
    accept<JobRequest>({ action: "a", concurrency: 5 });
    // @ts-expect-error a job's id is in the address
    accept<JobRequest>({ action: "a", jobId: "b" });
    // @ts-expect-error there is no such policy
    accept<JobRequest>({ action: "a", failurePolicy: "fail-fast" });
    // @ts-expect-error there is no such fold
    accept<JobRequest>({ action: "a", fold: "sum" });
    // @ts-expect-error a payload is an object
    accept<JobRequest>({ action: "a", payload: "x" });
    // @ts-expect-error labels are texts
    accept<JobRequest>({ action: "a", labels: { a: 1 } });
    // @ts-expect-error a stage cannot be open
    accept<JobRequest>({ action: "a", nextActions: [{ action: "b", open: true }] });
    // @ts-expect-error a stage needs an action
    accept<Stage>({ payload: {} });
  });
});

describe("other requests", () => {
  it("take what the contract says", () => {
    accept<AppendRequest>({ fanout: { foreach: { items: [] } }, appendId: "a" });
    accept<ResultsRequest>({ stage: 0, status: "FAILED", cursor: null, limit: 10 });
    // @ts-expect-error an append has a fan-out
    accept<AppendRequest>({ appendId: "a" });
    // @ts-expect-error tasks have not ended as RUNNING
    accept<ResultsRequest>({ status: "RUNNING" });
    // @ts-expect-error a cursor is a text
    accept<ResultsRequest>({ cursor: 5 });
  });
});

describe("answers", () => {
  it("say how a task ended", () => {
    expectTypeOf<EndStatus>().toEqualTypeOf<"SUCCEEDED" | "FAILED" | "CANCELLED">();
    expectTypeOf<TaskOutcome["status"]>().toEqualTypeOf<EndStatus>();
    expectTypeOf<TaskOutcome["startedAt"]>().toEqualTypeOf<number | null>();
    expectTypeOf<NonNullable<TaskOutcome["error"]>>().toEqualTypeOf<TaskError>();
    expectTypeOf<TaskOutcome["result"]>().toEqualTypeOf<unknown>();
  });

  it("say where a job stands", () => {
    expectTypeOf<JobStatus["status"]>().toEqualTypeOf<
      "SCHEDULED" | "RUNNING" | "PAUSED" | "SUCCEEDED" | "FAILED" | "CANCELLED"
    >();
    expectTypeOf<JobStatus["stages"][number]["etaMs"]>().toEqualTypeOf<number | null>();
    expectTypeOf<JobStatus["stages"][number]["counts"]["retrying"]>().toEqualTypeOf<number>();
    expectTypeOf<JobOutcome["status"]>().toEqualTypeOf<EndStatus>();
  });

  it("name their error codes", () => {
    expectTypeOf<"JOB_CONFLICT">().toExtend<CallErrorCode>();
    expectTypeOf<"TASK_TIMEOUT">().toExtend<OutcomeErrorCode>();
    // @ts-expect-error there is no such code
    accept<CallErrorCode>("TASK_TIMEOUT");
  });

  it("are given to an action with its input typed", () => {
    expectTypeOf<Task["input"]>().toEqualTypeOf<unknown>();
    expectTypeOf<Task<{ item: number }>["input"]>().toEqualTypeOf<{ item: number }>();
    expectTypeOf<Task["parent"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Task["next"]>().toEqualTypeOf<{ stage: number; action: string } | undefined>();
  });
});
