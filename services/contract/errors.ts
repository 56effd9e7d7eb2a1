/** Codes of refused calls: the HTTP status and when they come. Clients branch on the code. */
export const CALL_ERRORS = {
  INVALID_REQUEST: {
    status: 400,
    when: "The body does not fit the contract; `issues` names each place.",
  },
  MALFORMED_JSON: { status: 400, when: "The body is not JSON." },
  INVALID_JOB_ID: { status: 400, when: "The job id is not 1–128 of `A-Z a-z 0-9 . _ : -`." },
  JOB_NOT_FOUND: { status: 404, when: "There is no such job, or it was purged." },
  STILL_RUNNING: {
    status: 408,
    when: "`outcome` waited as long as asked and the job has not ended.",
  },
  JOB_CONFLICT: { status: 409, when: "Another job with this id exists." },
  JOB_SEALED: { status: 409, when: "`append` to a job that takes no more tasks." },
  JOB_ENDED: { status: 409, when: "The call needs a job that has not ended." },
  JOB_RUNNING: { status: 409, when: "The call needs a job that has ended." },
  APPEND_CONFLICT: { status: 409, when: "This `appendId` was used with other content." },
  NOTHING_TO_REDRIVE: { status: 409, when: "No task fits what the redrive asked for." },
  TASK_SUCCEEDED: { status: 409, when: "A redrive names a task that succeeded." },
  EVENT_EXISTS: { status: 409, when: "The event was raised before with another payload." },
  REQUEST_TOO_LARGE: { status: 413, when: "The body is larger than 8 MiB." },
  UNKNOWN_ACTION: { status: 422, when: "No such action is registered." },
  ACTION_NEEDS_KEY: { status: 422, when: "The action is a virtual object or a workflow." },
  BACKLOG_FULL: { status: 429, when: "The job stores as many waiting items as it may; try later." },
  NOT_IMPLEMENTED: { status: 501, when: "The contract has this, this version does not do it yet." },
  CANNOT_CHECK_ACTION: { status: 503, when: "Whether the action exists could not be found out." },
} as const satisfies Record<string, { status: number; when: string }>;

export type CallErrorCode = keyof typeof CALL_ERRORS;

/** Codes found in `error.code` of task outcomes; an action may also throw codes of its own. */
export const OUTCOME_ERRORS = {
  TASK_FAILED: "The action threw an error that has no code of its own.",
  TASK_TIMEOUT: "The attempt took longer than `timeout`.",
  TASK_CRASHED: "The worker process died of the task again and again.",
  INVALID_INPUT: "The task's input does not fit the action's input schema.",
  INVALID_OUTPUT: "What the action returned does not fit its output schema.",
  UNSERIALISABLE: "What the action returned cannot be written as JSON.",
  RESULT_TOO_LARGE: "The result is larger than 1 MiB.",
  FANOUT_TOO_LARGE: "The emitted fan-out is larger than 8 MiB or makes too many tasks.",
  INVALID_FANOUT: "What was emitted is no fan-out.",
  BACKLOG_FULL: "The emitted items do not fit into the job's backlog.",
  ACTION_UNAVAILABLE: "The action, or the handler it names, was there at submit and is gone.",
  CANCELLED: "The task was cancelled.",
  FANOUT_SOURCE_FAILED: "Of a stage: a page of its source failed; the job's `reason` says why.",
  FOLD_FAILED: "Of a stage: its fold did not come to a result; the job's `reason` says why.",
} as const satisfies Record<string, string>;

export type OutcomeErrorCode = keyof typeof OUTCOME_ERRORS;
