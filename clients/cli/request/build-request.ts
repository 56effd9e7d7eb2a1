import type { JobSpec } from "../../client/index.ts";
import { wireRate, type Rate } from "../shared/values.ts";

/** What a request is made of, beside what a file says. */
export interface RequestOptions {
  readonly id?: string;
  readonly next?: readonly unknown[];
  readonly payload?: unknown;
  readonly foreach?: unknown;
  readonly range?: { readonly start: number; readonly stop: number; readonly step?: number };
  readonly tasks?: number;
  readonly from?: string;
  readonly as?: string;
  readonly open?: true;
  readonly concurrency?: number;
  readonly rate?: Rate | "none";
  readonly maxAttempts?: number;
  readonly timeout?: string;
  readonly deadline?: string;
  readonly delay?: string;
  readonly retention?: string;
  readonly failurePolicy?: unknown;
  readonly succeedAfter?: number;
  readonly fold?: unknown;
  readonly label?: Readonly<Record<string, string>>;
}

/** A request of the contract, part by part. */
export type Parts = Readonly<Record<string, unknown>>;

/** The request of a file, or an empty one, with what the options say in place of what it says. */
export function buildRequest(
  action: string | undefined,
  options: RequestOptions,
  file: Parts,
): JobSpec {
  const { as, label, concurrency, rate, maxAttempts, next, id, ...others } = options;
  const { foreach, range, tasks, from, ...plain } = others;
  const request = {
    ...file,
    ...given({ ...plain, jobId: id, action, nextActions: next }),
    ...merged("limits", file, { concurrency, rate: wireRate(rate) }),
    ...merged("retry", file, { maxAttempts }),
    ...merged("labels", file, { ...label }),
    ...given({
      fanout: fanout(
        given({
          foreach: foreach && { items: foreach },
          range,
          tasks,
          from: from && { action: from },
        }),
        as,
      ),
    }),
  };
  // Not checked here: the server does, and a newer one may take more than this program knows.
  return request as unknown as JobSpec;
}

// --- internal ---

/** Without what is undefined. */
function given(parts: Parts): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined));
}

function merged(key: string, file: Parts, options: Parts): Parts {
  const parts = given(options);
  if (Object.keys(parts).length === 0) return {};
  return { [key]: { ...(file[key] as Parts | undefined), ...parts } };
}

/** Undefined if there is none. Two kinds at once are for the server to refuse. */
function fanout(kinds: Parts, as: string | undefined): Parts | undefined {
  const named = Object.entries(kinds).map(([kind, value]) => {
    const hasItems = typeof value === "object" && value !== null;
    return [kind, as !== undefined && hasItems ? { as, ...value } : value] as const;
  });
  return named.length === 0 ? undefined : Object.fromEntries(named);
}
