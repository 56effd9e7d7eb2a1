/** Runs a property test with the seed of FC_SEED, or prints the one that finds a failure again. */
export async function reproducibly(
  run: (options: { seed: number; endOnFailure: boolean }) => Promise<void>,
): Promise<void> {
  const seed = Number(process.env["FC_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  try {
    // Shrinking would submit hundreds of further jobs.
    await run({ seed, endOnFailure: true });
  } catch (error) {
    console.error(`FC_SEED=${seed} finds this again.`);
    throw error;
  }
}
