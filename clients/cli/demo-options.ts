import { parseArgs } from "node:util";

export interface DemoOptions {
  readonly pages: number;
  readonly perPage: number;
}

/** Reads `--pages` and `--per-page`; throws one clear sentence for anything else. */
export function demoOptions(args: readonly string[]): DemoOptions {
  const { values } = parse(args);
  const pages = wholeNumber("--pages", values.pages, 100_000);
  const perPage = wholeNumber("--per-page", values["per-page"], 10_000);
  if (pages * perPage > mostMails) {
    throw new RangeError(
      `--pages times --per-page must be at most ${mostMails}, got ${pages * perPage}.`,
    );
  }
  return { pages, perPage };
}

// --- internal ---

const mostMails = 1_000_000;
const usage = "npm run demo -- [--pages 100] [--per-page 1000]";

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        pages: { type: "string", default: "100" },
        "per-page": { type: "string", default: "1000" },
      },
    });
  } catch (cause) {
    const [sentence] = (cause as Error).message.split(/\.\s/);
    throw new Error(`${sentence?.replace(/\.$/, "")}. Usage: ${usage}`, { cause });
  }
}

function wholeNumber(flag: string, value: string, most: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
  if (number >= 1 && number <= most) return number;
  throw new RangeError(`${flag} must be a whole number from 1 to ${most}, got "${value}".`);
}
