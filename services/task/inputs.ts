import type { Context } from "@restatedev/restate-sdk";
import type { JsonObject } from "../contract/fanout.ts";
import { rangeInput, type Segment } from "../job/core/segments.ts";
import { jobItems, jobPayload, pieceSeeds } from "../wire/calls.ts";
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
export type InputSpec = Pick<ChunkSpec, "jobId" | "stage" | "slices"> & {
  readonly plan: Pick<ChunkSpec["plan"], "payload">;
};

/** Fetches what the chunk's segments refer to. */
export async function loadInputs(ctx: Context, spec: InputSpec): Promise<ChunkInputs> {
  const payload = spec.plan.payload ?? (await jobPayload(ctx, spec.jobId, spec.stage));
  const fetches = spec.slices.map((segment) => fetchSeeds(ctx, spec, segment));
  const loaded: Loaded[] = [];
  for (const [at, fetch] of fetches.entries()) {
    loaded.push({ segment: spec.slices[at]!, seeds: fetch ? await fetch() : null });
  }
  const isFlat = Object.values(payload).every((value) => typeof value !== "object");
  const payloadText = JSON.stringify(payload);
  const freshPayload = () => (isFlat ? payload : (JSON.parse(payloadText) as JsonObject));
  return {
    tasks: loaded.flatMap(({ segment, seeds }) => pendingTasks(segment, seeds)),
    inputOf: (index) => {
      const found = loaded.find(({ segment: { first, count } }) => index - first < count)!;
      const fields = fieldsOf(found, index - found.segment.first);
      return { ...freshPayload(), ...fields };
    },
  };
}

// --- internal ---

/** `fields` as JSON text; parent and origin are of stages after the first only. */
interface StoredSeed {
  readonly parent: number | null;
  readonly origin: number | null;
  readonly fields: string;
}

interface Loaded {
  readonly segment: Segment;
  readonly seeds: readonly StoredSeed[] | null;
}

/** Starts the call now; the answer is awaited later, so that several are under way at once. */
function fetchSeeds(ctx: Context, spec: InputSpec, { source, count }: Segment) {
  switch (source.kind) {
    case "range":
    case "tasks":
    case "again":
      return null;
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
      return async (): Promise<StoredSeed[]> => (await call).lines.map(storedSeed);
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

function pendingTasks({ first, count }: Segment, seeds: Loaded["seeds"]): PendingTask[] {
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

function fieldsOf({ segment, seeds }: Loaded, at: number): JsonObject {
  if (segment.source.kind === "range") return rangeInput(segment.source, at);
  const seed = seeds?.[at];
  return seed ? (JSON.parse(seed.fields) as JsonObject) : {};
}
