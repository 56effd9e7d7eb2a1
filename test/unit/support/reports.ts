import type { ChunkReport } from "../../../services/job/core/state.ts";

/** A report of chunk 0 of stage 0 in which only what matters to the test is said. */
export function report(fields: Partial<ChunkReport> = {}): ChunkReport {
  return {
    epoch: "e1",
    generation: 1,
    stage: 0,
    chunk: 0,
    invocation: "inv",
    seq: 1,
    final: false,
    at: 1_000,
    startedAt: 0,
    window: 100,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    running: 0,
    retrying: 0,
    nextRetryAt: null,
    retries: 0,
    taskMs: 0,
    firstPiece: 0,
    pieces: [],
    returned: [],
    collected: null,
    fold: null,
    ...fields,
  };
}
