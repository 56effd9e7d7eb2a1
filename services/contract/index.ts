export { Completion } from "./completion.ts";
export { Duration, durationMs } from "./duration.ts";
export { CALL_ERRORS, OUTCOME_ERRORS } from "./errors.ts";
export type { CallErrorCode, OutcomeErrorCode } from "./errors.ts";
export { Fanout, StaticFanout } from "./fanout.ts";
export {
  AppendAnswer,
  AppendRequest,
  Blocker,
  CancelRequest,
  ControlAnswer,
  CustomStatusRequest,
  EventRequest,
  JobHandle,
  OutcomeRequest,
  PlanAnswer,
  RedriveRequest,
  ResultsPage,
  ResultsRequest,
  SetLimitsRequest,
  TimelineChunk,
  TimelinePage,
  TimelineRequest,
  VerifyAnswer,
  WhyAnswer,
} from "./handlers.ts";
export { JobPage, JobSummary, ListedState, ListRequest } from "./job-list.ts";
export { JobOutcome, StageOutcome, TaskCounts } from "./job-outcome.ts";
export {
  FailurePolicy,
  Fold,
  JobId,
  JobRequest,
  NewJobRequest,
  Receiver,
  RunRequest,
  Stage,
} from "./job-request.ts";
export { Counts, JobStatus, Notification, StageStatus } from "./job-status.ts";
export { LIMITS } from "./limits.ts";
export { EndStatus, Task, TaskError, TaskOutcome } from "./task.ts";
