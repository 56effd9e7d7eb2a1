/** Numbers that a seed decides (mulberry32): a failed run can be repeated with FC_SEED. */
export interface Random {
  /** at least `least`, below `below` */
  between(least: number, below: number): number;
}

export function seededRandom(scenario: string): Random {
  const seed = Number(process.env["FC_SEED"] ?? Date.now() % 2 ** 31);
  console.log(`${scenario}: FC_SEED=${seed}`);
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { between: (least, below) => least + Math.floor(next() * (below - least)) };
}

/** How often the scenarios with random moments run; FANFOLD_CHAOS_ROUNDS for more. */
export const ROUNDS = Math.max(1, Number(process.env["FANFOLD_CHAOS_ROUNDS"] ?? 1));

/** With more than one round every scenario runs; a single round is what fits into some minutes. */
export const IS_THOROUGH = ROUNDS > 1;
