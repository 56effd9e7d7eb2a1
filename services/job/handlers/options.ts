import { jsonSerde } from "../../wire/json.ts";

/** For Fanfold's own services only. */
export const PRIVATE = { ingressPrivate: true, input: jsonSerde<never>() } as const;

/** Nothing is kept of a call: all of them can be repeated. */
export const UNRETAINED = { idempotencyRetention: 0, journalRetention: 0 } as const;

/** Thousands may wait: each gives its place up soon, and comes back when it is woken. */
export const WAITING =
  process.env["FANFOLD_TEST_SUSPEND"] === "1" ? {} : ({ inactivityTimeout: 500 } as const);
