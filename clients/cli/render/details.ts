import type { JobStatus, Notification } from "../../../services/contract/job-status.ts";
import { harmless, type Line } from "./line.ts";

/** What a status says beside the stages. */
export function renderDetails({ sealed, labels, notifications = [] }: JobStatus): Line[] {
  const named = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return [
    ...(sealed ? [] : ["not sealed: it takes more items"]),
    ...(named.length > 0 ? [`labels: ${named.join(", ")}`] : []),
    ...notifications.map(told),
  ].map((text) => [{ text: harmless(text), tone: "quiet" }]);
}

// --- internal ---

function told({ webhook, action, stage, status, attempts, error }: Notification): string {
  const end = stage === undefined ? "the end" : `the end of stage ${stage}`;
  const problem = error === undefined ? "" : `: ${error}`;
  return `told ${webhook ?? action} of ${end}: ${status} after ${attempts} attempts${problem}`;
}
