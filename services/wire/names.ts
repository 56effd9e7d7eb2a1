/** Names of Fanfold's own services; no action may take one. */
export const OWN_SERVICES = [
  "Job",
  "Jobs",
  "Chunk",
  "Runner",
  "Data",
  "Sweep",
  "Notify",
  "Fold",
  "Limiter",
] as const;
