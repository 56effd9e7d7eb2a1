import * as restate from "@restatedev/restate-sdk";
import type { ObjectContext, ObjectSharedContext } from "@restatedev/restate-sdk";
import { jsonSerde } from "../wire/json.ts";
import type { Entry, Position } from "./core/entry.ts";
import { readPart, type PartPage, type PartRequest } from "./core/pages.ts";
import { put, remove, type ReadableShelves, type Shelves } from "./core/shelves.ts";

/**
 * Knows which jobs there are, in parts that divide them by their ids. A job tells its part when it starts,
 * ends and is forgotten, and waits for none of it. What one job tells comes in the order in which it was
 * sent: nothing comes after its last word.
 */
export const listing = restate.object({
  name: "Listing",
  handlers: {
    put: restate.handlers.object.exclusive(
      { input: jsonSerde<Entry>() },
      async (ctx: ObjectContext, entry: Entry): Promise<void> => put(shelvesOf(ctx), entry),
    ),

    remove: restate.handlers.object.exclusive(
      { input: jsonSerde<Position>() },
      async (ctx: ObjectContext, position: Position): Promise<void> =>
        remove(shelvesOf(ctx), position),
    ),

    read: restate.handlers.object.shared(
      { input: jsonSerde<PartRequest>() },
      async (ctx: ObjectSharedContext, request: PartRequest): Promise<PartPage> =>
        readPart(readableShelves(ctx), request),
    ),
  },
  options: { ingressPrivate: true },
});

// --- internal ---

const STARTS = "0/starts";

/** In order of keys the newest comes first: it is sent along with each call (restate.toml). */
const shelfKey = (start: number) => `1/${String(END_OF_TIME - start).padStart(13, "0")}`;
const END_OF_TIME = 9_999_999_999_999;

const readableShelves = (ctx: ObjectSharedContext): ReadableShelves => ({
  starts: async () => (await ctx.get<number[]>(STARTS)) ?? [],
  read: async (start) => (await ctx.get<Entry[]>(shelfKey(start))) ?? [],
});

const shelvesOf = (ctx: ObjectContext): Shelves => ({
  ...readableShelves(ctx),
  writeStarts: (starts) => setOrClear(ctx, STARTS, starts),
  write: (start, entries) => setOrClear(ctx, shelfKey(start), entries),
});

function setOrClear(ctx: ObjectContext, key: string, values: readonly unknown[]): void {
  if (values.length > 0) ctx.set(key, values);
  else ctx.clear(key);
}
