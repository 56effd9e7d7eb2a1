import * as restate from "@restatedev/restate-sdk";
import { refusal } from "../../failure.ts";
import { UNRETAINED } from "./options.ts";

const ANYTHING = { input: restate.serde.binary, accept: "*/*", ...UNRETAINED } as const;

/** Handlers of a job that the contract has and this version does not: they say so. */
export const plannedJobHandlers = {
  cancel: planned("cancel"),
  pause: planned("pause"),
  resume: planned("resume"),
  setLimits: planned("setLimits"),
  redrive: planned("redrive"),
};

/** The same of `Jobs`. */
export const plannedJobsHandlers = {
  list: restate.handlers.handler(ANYTHING, async () => refuse("list")),
};

// --- internal ---

function planned(name: string) {
  return restate.handlers.object.shared(ANYTHING, async () => refuse(name));
}

function refuse(name: string): never {
  throw refusal("NOT_IMPLEMENTED", `"${name}" is not implemented yet.`);
}
