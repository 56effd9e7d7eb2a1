import { fairShare } from "./fair-share.ts";

/** What one holder has and wants of a limiter's slots. */
export interface SlotClaim {
  readonly job: string;
  /** slots it may be using */
  readonly held: number;
  /** slots it could use */
  readonly wants: number;
  /** since when it has had less than it wants; null: it has enough */
  readonly waitsSince: number | null;
}

/**
 * How many of `limit` slots `mine` may use. Jobs share them first, then the chunks of a job. Who holds more
 * than its share gets less and gives slots back as its attempts end; free slots go to those first that
 * belong to the job with the fewest, then to those that have waited longest. While all hold more than the
 * limit, since it was lowered, nobody gets what is not free.
 */
export function grantSlots(limit: number, mine: SlotClaim, others: readonly SlotClaim[]): number {
  const all = [...others, mine];
  const share = sharesOf(limit, all);
  const isFirst = firstOf(mine, all);
  const free = limit - sum(others.map(({ held }) => held));
  const owed = others
    .filter(isFirst)
    .map((other) => Math.max(0, Math.min(other.wants, share(other)) - other.held));
  const available = Math.min(free, Math.max(mine.held, free - sum(owed)));
  return Math.max(0, Math.min(mine.wants, share(mine), available));
}

// --- internal ---

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const amountOf = ({ held, wants }: SlotClaim) => Math.max(held, wants);

function sharesOf(limit: number, claims: readonly SlotClaim[]): (claim: SlotClaim) => number {
  const byJob = [...Map.groupBy(claims, ({ job }) => job)].map(
    ([job, ofJob]) => [job, ofJob.map(amountOf)] as const,
  );
  const perJob = fairShare(
    limit,
    byJob.map(([, amounts]) => sum(amounts)),
  );
  const shares = new Map(byJob.map(([job, amounts]) => [job, fairShare(perJob, amounts)]));
  return ({ job }) => shares.get(job) ?? 0;
}

/** Whether a waiting holder is to be served before `mine`. */
function firstOf(mine: SlotClaim, all: readonly SlotClaim[]): (other: SlotClaim) => boolean {
  const heldBy = (job: string) =>
    sum(all.filter((claim) => claim.job === job).map(({ held }) => held));
  const mineHas = heldBy(mine.job);
  return (other) => {
    if (other.waitsSince === null) return false;
    const otherHas = heldBy(other.job);
    if (otherHas !== mineHas) return otherHas < mineHas;
    return mine.waitsSince === null || other.waitsSince < mine.waitsSince;
  };
}
