import type { TimelineChunk } from "../../../services/contract/handlers.ts";
import { fitting, type Line } from "./line.ts";
import { count, seconds, several } from "./numbers.ts";

export interface StageTimeline {
  readonly stage: number;
  readonly action: string;
  readonly chunks: readonly TimelineChunk[];
}

/** Draws chunks of tasks as bars on one time axis. */
export function renderTimeline(stages: readonly StageTimeline[], columns: number): Line[] {
  const all = stages.flatMap(({ chunks }) => chunks);
  if (all.length === 0) return [[{ text: "No chunk of tasks has ended." }]];
  const axis = extentOf(all);
  const labels = stages.map(({ chunks }) => grouped(chunks).map(labelOf));
  const labelWidth = Math.max(...labels.flat().map(({ length }) => length));
  const width = Math.max(
    LEAST_WIDTH,
    Math.min(MOST_WIDTH, columns - labelWidth - "   1,000.0 s".length),
  );

  const lines = stages.flatMap((stage, at): Line[] => [
    headOf(stage),
    ...grouped(stage.chunks).map((chunks, row): Line => [
      { text: ` ${(labels[at]?.[row] ?? "").padStart(labelWidth)} ` },
      barOf(chunks, axis, width),
      { text: ` ${seconds(durationOf(chunks))}`, tone: "quiet" },
    ]),
  ]);
  const end = seconds(axis.to - axis.from);
  const scale = ` ${" ".repeat(labelWidth)} 0${end.padStart(width - 1)}`;
  return [...lines, [{ text: scale, tone: "quiet" as const }]].map((line) =>
    fitting(line, columns),
  );
}

// --- internal ---

type Chunks = readonly TimelineChunk[];

const MOST_ROWS = 24;
const LEAST_WIDTH = 10;
const MOST_WIDTH = 100;

function headOf({ stage, action, chunks }: StageTimeline): Line {
  const tasks = chunks.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0);
  const workers = new Set(chunks.map(({ worker }) => worker)).size;
  const parts = [
    several(tasks, "task"),
    several(chunks.length, "chunk"),
    several(workers, "worker"),
  ];
  const took = chunks.length === 0 ? "" : `, ${seconds(durationOf(chunks))}`;
  return [
    { text: `stage ${stage} ${action}`, tone: "strong" },
    { text: `: ${parts.join(", ")}${took}` },
  ];
}

/** Chunks in the order in which they began, several to a row where there are many. */
function grouped(chunks: Chunks): Chunks[] {
  const inOrder = chunks.toSorted((a, b) => a.startedAt - b.startedAt || a.first - b.first);
  const size = Math.ceil(inOrder.length / MOST_ROWS);
  const rows: Chunks[] = [];
  for (let at = 0; at < inOrder.length; at += size) rows.push(inOrder.slice(at, at + size));
  return rows;
}

function labelOf(chunks: Chunks): string {
  const [first] = chunks;
  if (!first || chunks.length > 1) return `${chunks.length} chunks`;
  return `${count(first.first)}-${count(first.first + first.size - 1)}`;
}

function barOf(chunks: Chunks, axis: Extent, width: number) {
  const cells = Array.from({ length: width }, () => " ");
  const cell = (time: number) =>
    Math.floor(((time - axis.from) / Math.max(1, axis.to - axis.from)) * width);
  for (const { startedAt, endedAt, failed } of chunks) {
    const from = Math.min(cell(startedAt), width - 1);
    cells.fill(failed > 0 ? "x" : "=", from, Math.max(cell(endedAt), from + 1));
  }
  const hasFailed = chunks.some(({ failed }) => failed > 0);
  return { text: cells.join(""), tone: hasFailed ? ("bad" as const) : ("good" as const) };
}

function durationOf(chunks: Chunks): number {
  const { from, to } = extentOf(chunks);
  return to - from;
}

interface Extent {
  readonly from: number;
  readonly to: number;
}

function extentOf(chunks: Chunks): Extent {
  return chunks.reduce<Extent>(
    ({ from, to }, { startedAt, endedAt }) => ({
      from: Math.min(from, startedAt),
      to: Math.max(to, endedAt),
    }),
    { from: Infinity, to: -Infinity },
  );
}
