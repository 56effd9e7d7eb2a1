import { isDraining } from "../task/executor/shutdown.ts";
import { METRICS_TYPE, metricsText } from "../metrics/exposition.ts";

/** What a request and a response have in common in HTTP/1.1 and HTTP/2. */
interface Asked {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
}
interface Response {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
}

/**
 * Answers what an operator's tools ask a worker, without a signature: `GET /health`, 503 once the process
 * takes no more tasks because it ends, and `GET /metrics`. False: it is none of these.
 */
export function answerOperation({ method, url }: Asked, response: Response): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const path = url?.split("?", 1)[0];
  if (path === "/health") answerHealth(response);
  else if (path === "/metrics") void answerMetrics(response);
  else return false;
  return true;
}

// --- internal ---

function answerHealth(response: Response): void {
  response.statusCode = isDraining() ? 503 : 200;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ status: isDraining() ? "draining" : "ok" }));
}

async function answerMetrics(response: Response): Promise<void> {
  const text = await metricsText().catch(() => null);
  response.statusCode = text === null ? 500 : 200;
  response.setHeader("content-type", METRICS_TYPE);
  response.end(text ?? "");
}
