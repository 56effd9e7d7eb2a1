import type { Context } from "@restatedev/restate-sdk";
import { begin, release, type Begun } from "./executor/quarantine.ts";
import type { Round } from "./suspects.ts";

/** Makes durable which process begins; whoever runs alone has the others held back. */
export async function mark(ctx: Context, kind: Round["kind"]): Promise<Begun> {
  const { id, attemptCompletedSignal } = ctx.request();
  if (kind !== "alone") release(id);
  return ctx.run("begin", () => begin(id, kind === "alone", attemptCompletedSignal));
}
