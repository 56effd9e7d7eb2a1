import { median } from "./statistics.ts";

/**
 * Takes each measurement once a round and returns their medians: a slow moment of the machine then
 * falls on all of them alike.
 */
export async function interleave<Name extends string>(
  rounds: number,
  measurements: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(measurements) as Name[];
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) taken.get(name)?.push(await measurements[name]());
  }
  const medians = names.map((name) => [name, median(taken.get(name) ?? [])]);
  return Object.fromEntries(medians) as Record<Name, number>;
}
