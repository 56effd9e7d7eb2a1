import { InvalidArgumentError } from "commander";

/** Reads the value of an option or an argument; throws what is wrong with it. */
type Reader<Value> = (text: string) => Value;

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (text) => {
    const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number from ${least}${upTo}.`);
  };
}

export const json: Reader<unknown> = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    throw new InvalidArgumentError("It must be JSON.");
  }
};

/** A word, or an object as JSON. */
export const wordOrObject: Reader<unknown> = (text) => (text.startsWith("{") ? json(text) : text);

/** `1:100` or `1:100:2`: the last one is included. */
export const range: Reader<{ start: number; stop: number; step?: number }> = (text) => {
  const [, start, stop, step] = /^(-?\d+):(-?\d+)(?::(-?\d+))?$/.exec(text) ?? [];
  if (start === undefined || stop === undefined) {
    throw new InvalidArgumentError("It must be <start>:<stop> or <start>:<stop>:<step>.");
  }
  return {
    start: Number(start),
    stop: Number(stop),
    ...(step === undefined ? {} : { step: Number(step) }),
  };
};

export const httpAddress: Reader<string> = (text) => {
  if (/^https?:\/\/[^/]/.test(text)) return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("It must be an http address.");
};

/** `50/1s`, or `none`. Commander would take a null for a value that is missing. */
export const rate: Reader<Rate | "none"> = (text) => {
  if (text === "none") return text;
  const [, tasks, per] = /^(\d+)\/(\d+(?:ms|s|m|h|d))$/.exec(text) ?? [];
  if (tasks === undefined || per === undefined) {
    throw new InvalidArgumentError("It must be <tasks>/<duration> such as 50/1s, or none.");
  }
  return { tasks: Number(tasks), per };
};

export interface Rate {
  readonly tasks: number;
  readonly per: string;
}

/** As the contract has it. */
export function wireRate(option: Rate | "none" | undefined): Rate | null | undefined {
  return option === "none" ? null : option;
}

/** `key=value`, again and again. */
export function labels(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be <key>=<value>.");
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** `failed`, or indexes with commas between them. */
export const redriven: Reader<"failed" | "unsucceeded" | "fold" | number[]> = (text) => {
  if (text === "failed" || text === "unsucceeded" || text === "fold") return text;
  const indexes = text.split(",");
  if (indexes.every((index) => /^\d+$/.test(index))) return indexes.map(Number);
  throw new InvalidArgumentError(
    "It must be failed, unsucceeded, fold, or indexes such as 7,4711.",
  );
};
