import fc from "fast-check";

/**
 * Decides what happens next in a simulation: a list of numbers that fast-check makes and shortens. When
 * it is used up every answer is 0, the choice by which a simulation goes straight to its end.
 */
export class Decisions {
  readonly #tape: readonly number[];
  #at = 0;

  constructor(tape: readonly number[]) {
    this.#tape = tape;
  }

  get areLeft(): boolean {
    return this.#at < this.#tape.length;
  }

  /** A number from 0 to `choices` - 1. */
  below(choices: number): number {
    return (this.#tape[this.#at++] ?? 0) % choices;
  }

  oneOf<Choice>(choices: readonly Choice[]): Choice {
    return choices[this.below(choices.length)]!;
  }
}

export const decisions = (most: number): fc.Arbitrary<Decisions> =>
  fc
    .array(fc.nat({ max: 1_000_000 }), { maxLength: most, size: "max" })
    .map((tape) => new Decisions(tape));
