/** 1,234.5 s */
export function seconds(ms: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return `${(ms / 1_000).toLocaleString("en-US", digits)} s`;
}

/** 1,234 */
export function count(number: number): string {
  return number.toLocaleString("en-US", { maximumFractionDigits: 0 });
}

/** 59 s, 4 min 5 s, 2 h 30 min */
export function span(ms: number): string {
  const whole = Math.ceil(ms / 1_000);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** 1 chunk, 1,234 chunks */
export function several(number: number, word: string): string {
  return `${count(number)} ${word}${number === 1 ? "" : "s"}`;
}
