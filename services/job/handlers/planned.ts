import * as restate from "@restatedev/restate-sdk";
import { refusal } from "../../failure.ts";
import { UNRETAINED } from "./options.ts";

/** Handlers of `Jobs` that the contract has and this version does not: they say so. */
export const plannedJobsHandlers = {
  list: restate.handlers.handler(
    { input: restate.serde.binary, accept: "*/*", ...UNRETAINED },
    async () => {
      throw refusal("NOT_IMPLEMENTED", '"list" is not implemented yet.');
    },
  ),
};
