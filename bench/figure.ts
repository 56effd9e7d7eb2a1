/** One measured number, and what it should be. */
export type Figure = {
  readonly name: string;
  readonly value: number;
  readonly unit: "tasks/s" | "jobs/s" | "×" | "ms" | "MiB" | "%";
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
};

/** Null when there is nothing to meet. */
export function isMet({ value, target }: Figure): boolean | null {
  if (!target) return null;
  return "atLeast" in target ? value >= target.atLeast : value <= target.atMost;
}
