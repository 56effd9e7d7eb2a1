/** Steps may take as long as an attempt; the replay tests let every suspension happen. */
const PATIENCE =
  process.env["FANFOLD_TEST_SUSPEND"] === "1" ? {} : { inactivityTimeout: { minutes: 10 } };

/** Without limit: a death of the process is counted by marks, and an outage is nobody's fault. */
export const RETRIED = {
  retryPolicy: {
    initialInterval: 200,
    exponentiationFactor: 1.5,
    maxInterval: { seconds: 2 },
  },
} as const;

/** Of handlers in which the user's code runs. */
export const USER_CODE = { ...PATIENCE, ...RETRIED } as const;
