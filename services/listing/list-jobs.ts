import { RestatePromise, type Context } from "@restatedev/restate-sdk";
import type { JobPage, JobSummary, ListRequest } from "../contract/job-list.ts";
import { readListed } from "../wire/calls.ts";
import type { Entry, Position } from "./core/entry.ts";
import { mergeParts } from "./core/pages.ts";
import { PARTS } from "./parts.ts";

/** One page of all jobs, the newest first. */
export async function listJobs(
  ctx: Context,
  { status, label, cursor = null, limit = 100 }: ListRequest,
): Promise<JobPage> {
  const share = Math.min(limit, 2 * Math.ceil(limit / PARTS.length) + SPARE_ENTRIES);
  const filter = { status: status ?? null, label: label ?? null };
  const request = { ...filter, behind: positionOf(cursor), limit: share };
  const parts = await RestatePromise.all(PARTS.map((part) => readListed(ctx, part, request)));
  const { entries, to } = mergeParts(parts, limit);
  return { jobs: entries.map(summaryOf), cursor: to && `${to.submittedAt}.${to.jobId}` };
}

// --- internal ---

/** Beyond twice its share of a page: hardly ever a part has more of the newest jobs than that. */
const SPARE_ENTRIES = 8;

function positionOf(cursor: string | null): Position | null {
  if (cursor === null) return null;
  const dot = cursor.indexOf(".");
  return { submittedAt: Number(cursor.slice(0, dot)), jobId: cursor.slice(dot + 1) };
}

const summaryOf = ({
  jobId,
  status,
  action,
  generation,
  labels,
  startedAt,
  completedAt,
}: Entry): JobSummary => ({
  jobId,
  status,
  action,
  generation,
  labels,
  startedAt,
  completedAt,
});
