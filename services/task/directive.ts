/**
 * What a job says to a chunk that runs. Each is a whole state, so that only the newest counts: back to
 * ordinary (`resume`), start no more than what must be kept (`yield`), start nothing (`pause`), end (`stop`).
 */
export type Directive =
  | { readonly type: "stop"; readonly reason: string }
  | { readonly type: "pause" }
  | { readonly type: "resume" }
  | { readonly type: "yield" };

/** The newer one, but a stop is for good. */
export function newest(current: Directive | null, heard: Directive): Directive {
  return current?.type === "stop" ? current : heard;
}
