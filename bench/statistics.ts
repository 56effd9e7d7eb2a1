/** The value that `share` of the others do not exceed (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("expected at least one value, got none");
  return value;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
