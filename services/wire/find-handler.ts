/** A handler by the names under which it is called. */
export interface HandlerName {
  readonly service: string;
  readonly handler: string;
}

/** What the ingress knows of a handler. */
export type FoundHandler =
  /** of a plain service, for everybody */
  | "public"
  /** of a virtual object or a workflow, for everybody */
  | "keyed"
  | "private"
  | "unknown";

/**
 * Asks the ingress about a handler. It has no PUT for handlers, and says so (405) only of those that it would
 * call: nothing is invoked. Throws if it does not answer, or something else.
 */
export async function findHandler(
  ingressUrl: string,
  { service, handler }: HandlerName,
): Promise<FoundHandler> {
  const plain = await put(`${ingressUrl}/${service}/${handler}`);
  if (plain === 405) return "public";
  if (plain === 404) return "unknown";
  if (plain !== 400) throw new Error(`the ingress answered ${plain}`);
  // Private, or the path has no key.
  return (await put(`${ingressUrl}/${service}/key/${handler}`)) === 405 ? "keyed" : "private";
}

// --- internal ---

const PATIENCE_MS = 2_000;

async function put(url: string): Promise<number> {
  const response = await fetch(url, { method: "PUT", signal: AbortSignal.timeout(PATIENCE_MS) });
  await response.body?.cancel();
  return response.status;
}
