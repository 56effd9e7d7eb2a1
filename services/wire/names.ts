/** Names of Fanfold's own services. */
export const OWN_SERVICES = [
  "Job",
  "Jobs",
  "Chunk",
  "Runner",
  "Data",
  "Sweep",
  "Listing",
  "Notify",
  "Fold",
  "Limiter",
] as const;

/** Whether no action may have this name: it is Fanfold's own, or Restate's. */
export const isOwnService = (name: string): boolean =>
  OWN_SERVICES.some((own) => own === name) || /^(restate.*|openapi)$/i.test(name);
