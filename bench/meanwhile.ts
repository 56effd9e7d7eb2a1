/** Calls `look` on the beat for as long as `work` takes. */
export async function meanwhile<Result>(
  everyMs: number,
  look: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(look, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
