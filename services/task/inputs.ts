import type { Context } from "@restatedev/restate-sdk";
import type { JsonObject } from "../contract/fanout.ts";
import { rangeInput, type Segment, type Source } from "../job/core/segments.ts";
import { jobItems, jobPayload, pieceSeeds } from "../wire/calls.ts";
import { loadAgain } from "./again-inputs.ts";
import type { ChunkSpec } from "./chunk-spec.ts";
import type { PendingTask } from "./executor/group.ts";

/** The inputs of a chunk's tasks. Ranges are counted out when asked for; what is stored was fetched. */
export interface ChunkInputs {
  /** A fresh value at each call: user code may change what it is given. */
  readonly inputOf: (index: number) => unknown;
  /** Every task of the chunk, never tried. */
  readonly tasks: readonly PendingTask[];
}

/** What of a chunk says where its inputs are. */
export type InputSpec = Pick<ChunkSpec, "jobId" | "epoch" | "generation" | "stage" | "slices"> & {
  readonly plan: Pick<ChunkSpec["plan"], "payload">;
};

/** Fetches what the chunk's segments refer to. */
export async function loadInputs(ctx: Context, spec: InputSpec): Promise<ChunkInputs> {
  const payload = spec.plan.payload ?? (await jobPayload(ctx, spec.jobId, spec.stage));
  const fetches = spec.slices.map((segment) => fetchInputs(ctx, spec, segment, payload));
  const loaded: Loaded[] = [];
  for (const fetch of fetches) loaded.push(await fetch());
  return {
    tasks: loaded.flatMap(({ tasks }) => tasks),
    inputOf: (index) => loaded.find(({ last }) => index <= last)!.inputOf(index),
  };
}

// --- internal ---

interface Loaded extends ChunkInputs {
  readonly last: number;
}

/** Starts the call now; the answer is awaited later, so that several are under way at once. */
function fetchInputs(ctx: Context, spec: InputSpec, segment: Segment, payload: JsonObject) {
  const { first, count, source } = segment;
  if (source.kind === "again") {
    const again = { ...segment, source };
    return async (): Promise<Loaded> => ({
      ...(await loadAgain(ctx, spec, again)),
      last: source.last,
    });
  }
  const fetch = fetchSeeds(ctx, spec, { source, count });
  return async (): Promise<Loaded> => {
    const seeds = await fetch?.();
    const merged = mergedInto(payload);
    return {
      last: first + count - 1,
      tasks: pendingTasks(segment, seeds),
      inputOf: (index) => merged(fieldsOf(source, seeds, index - first)),
    };
  };
}

/** Puts fields into a payload, a fresh one each time. */
function mergedInto(payload: JsonObject): (fields: JsonObject) => JsonObject {
  const isFlat = Object.values(payload).every((value) => typeof value !== "object");
  const text = JSON.stringify(payload);
  return (fields) => ({ ...(isFlat ? payload : (JSON.parse(text) as JsonObject)), ...fields });
}

/** `fields` as JSON text; parent and origin are of stages after the first only. */
interface StoredSeed {
  readonly parent: number | null;
  readonly origin: number | null;
  readonly fields: string;
}

type StoredSource = Exclude<Source, { kind: "again" }>;

function fetchSeeds(
  ctx: Context,
  spec: InputSpec,
  { source, count }: { source: StoredSource; count: number },
) {
  switch (source.kind) {
    case "range":
    case "tasks":
      return undefined;
    case "slice": {
      const call = jobItems(ctx, spec.jobId, { slice: source.slice, offset: source.offset, count });
      return async (): Promise<StoredSeed[]> => {
        const { head, lines } = await call;
        const name = JSON.stringify(head.as);
        return lines.map((line) => ({ parent: null, origin: null, fields: `{${name}:${line}}` }));
      };
    }
    case "piece": {
      const { key, name, offset } = source;
      const call = pieceSeeds(ctx, key, { name, offset, count });
      // Pages are nobody's parents: with the tasks of stage 0 everything begins.
      const seedOf = spec.stage === 0 ? firstSeed : storedSeed;
      return async (): Promise<StoredSeed[]> => (await call).lines.map(seedOf);
    }
  }
}

/** Of a `[parent, origin, fields]` line. */
function storedSeed(line: string): StoredSeed {
  const afterParent = line.indexOf(",");
  const afterOrigin = line.indexOf(",", afterParent + 1);
  return {
    parent: Number(line.slice(1, afterParent)),
    origin: Number(line.slice(afterParent + 1, afterOrigin)),
    fields: line.slice(afterOrigin + 1, -1),
  };
}

const firstSeed = (line: string) => ({ ...storedSeed(line), parent: null, origin: null });

function pendingTasks(
  { first, count }: Segment,
  seeds: readonly StoredSeed[] | undefined,
): PendingTask[] {
  return Array.from({ length: count }, (_, at) => ({
    index: first + at,
    parent: seeds?.[at]?.parent ?? null,
    origin: seeds?.[at]?.origin ?? first + at,
    attempts: 0,
    readyAt: 0,
    startedAt: null,
    spentMs: 0,
  }));
}

function fieldsOf(
  source: StoredSource,
  seeds: readonly StoredSeed[] | undefined,
  at: number,
): JsonObject {
  if (source.kind === "range") return rangeInput(source, at);
  const seed = seeds?.[at];
  return seed ? (JSON.parse(seed.fields) as JsonObject) : {};
}
