import type { Context } from "@restatedev/restate-sdk";
import type { JobRequest } from "../contract/job-request.ts";
import { refusal } from "../failure.ts";
import { findHandler, type FoundHandler } from "../wire/find-handler.ts";
import { isOwnService } from "../wire/names.ts";
import { callTarget, isRemote } from "./core/call-target.ts";
import { actionsIn, receiversOf } from "./core/plan.ts";

/** Refuses a request that names a handler which cannot be called. Nothing is invoked to find that out. */
export async function checkHandlers(
  ctx: Context,
  request: JobRequest,
  { ingressUrl }: { readonly ingressUrl: string },
): Promise<void> {
  const names = remoteActions(request);
  for (const name of names) checkOwner(name);
  if (names.length === 0) return;
  const found = await ctx.run("find handlers", () => findAll(ingressUrl, names));
  for (const [at, name] of names.entries()) check(name, found[at]!);
}

// --- internal ---

function remoteActions(request: JobRequest): string[] {
  const { job, stages } = receiversOf(request);
  const told = [job, ...stages]
    .flat()
    .flatMap((receiver) => ("action" in receiver ? [receiver.action] : []));
  const all = [...actionsIn(request).map(({ name }) => name), ...told];
  return [...new Set(all.filter(isRemote))];
}

/** Whoever is no one to call is not asked about either. */
function checkOwner(name: string): void {
  const { service } = callTarget(name, undefined)!;
  if (isOwnService(service)) throw refusal("UNKNOWN_ACTION", `"${name}" is no action.`);
}

/** Null: it could not be found out. */
async function findAll(
  ingressUrl: string,
  names: readonly string[],
): Promise<(FoundHandler | null)[]> {
  const found: (FoundHandler | null)[] = [];
  for (const name of names) {
    found.push(await findHandler(ingressUrl, callTarget(name, undefined)!).catch(() => null));
  }
  return found;
}

function check(name: string, found: FoundHandler | null): void {
  switch (found) {
    case "public":
      return;
    case "keyed":
      throw refusal("ACTION_NEEDS_KEY", `"${name}" belongs to a virtual object or a workflow.`);
    case "private":
    case "unknown":
      throw refusal("UNKNOWN_ACTION", `There is no public handler "${name}".`);
    case null:
      throw refusal("CANNOT_CHECK_ACTION", `Whether there is a handler "${name}" is not known.`);
  }
}
