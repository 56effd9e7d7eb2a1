import { parseArgs } from "node:util";

export type Options = {
  /** Names of the sections to run; none: all. */
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly json: boolean;
};

/** Throws a TypeError that says what is possible. */
export function readOptions(args: readonly string[], sections: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string", multiple: true, default: [] },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const unknown = values.only.find((name) => !sections.includes(name));
  if (unknown !== undefined) {
    throw new TypeError(`--only takes one of ${sections.join(", ")}, got "${unknown}"`);
  }
  return values;
}
