import type { FanfoldErrorCode } from "../../client/index.ts";

/** What to do about each refusal. */
export const ADVICE: Readonly<Record<FanfoldErrorCode, string>> = {
  INVALID_REQUEST: "Correct the request: fanfold plan checks one without starting it.",
  MALFORMED_JSON: "Correct the JSON.",
  INVALID_JOB_ID: "Choose another id.",
  JOB_NOT_FOUND: "See fanfold ls for the jobs there are.",
  STILL_RUNNING: "Wait for its end with fanfold watch.",
  JOB_CONFLICT: "Choose another --id, or fanfold purge the other job once it has ended.",
  JOB_SEALED: "Submit another job for what is left.",
  JOB_ENDED: "See fanfold status; fanfold redrive runs tasks of an ended job again.",
  JOB_RUNNING: "Wait for its end with fanfold watch, or fanfold cancel it.",
  APPEND_CONFLICT: "Append what changed under another --append-id, or start another job.",
  NOTHING_TO_REDRIVE: "See fanfold status for what failed.",
  TASK_SUCCEEDED: "Leave that index out of --only.",
  EVENT_EXISTS: "An event has one payload for good: raise it under another name.",
  REQUEST_TOO_LARGE: "Send the items by --items, which appends them call by call.",
  UNKNOWN_ACTION:
    "Start it with the actions' module: fanfold up <module>, or fanfold worker <module>.",
  ACTION_NEEDS_KEY: "Name a handler of a plain service.",
  BACKLOG_FULL: "Try again when some of it has run.",
  NOT_IMPLEMENTED: "Use a later version of the server side.",
  CANNOT_CHECK_ACTION: "Try again.",
  UNREACHABLE: "Start a server with fanfold up, or name another by --ingress-url.",
  INGRESS_ERROR: "Is --ingress-url the ingress of a server on which Fanfold is registered?",
  INVOCATION_FAILED: "Somebody ended the call: look at fanfold status, then try again.",
};
