import type { Context, RestatePromise } from "@restatedev/restate-sdk";
import { begin, release, type Begun } from "./executor/quarantine.ts";
import type { Round } from "./suspects.ts";

/** Makes durable which process begins; whoever runs alone has the others held back, until `givenUp`. */
export function mark(
  ctx: Context,
  kind: Round["kind"],
  givenUp: AbortSignal,
): RestatePromise<Begun> {
  const { id } = ctx.request();
  if (kind !== "alone") release(id);
  return ctx.run("begin", () => begin(id, kind === "alone", givenUp));
}
