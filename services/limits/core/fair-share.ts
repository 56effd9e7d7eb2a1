/**
 * What each claimant may have at most when all share `total` evenly: who claims less leaves the rest to the
 * others (max-min fairness). Rounded up, so that nothing stays unused; infinite if all claims can be met.
 */
export function fairShare(total: number, claims: readonly number[]): number {
  let left = total;
  const sorted = claims.toSorted((a, b) => a - b);
  for (const [at, claim] of sorted.entries()) {
    const share = left / (sorted.length - at);
    if (claim > share) return Math.max(0, Math.ceil(share));
    left -= claim;
  }
  return Infinity;
}
