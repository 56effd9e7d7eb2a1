import { cpus, totalmem } from "node:os";
import { isMet, type Figure } from "./figure.ts";

export type Report = {
  readonly figures: readonly Figure[];
  /** What could not be measured, and why. */
  readonly failures: readonly { readonly section: string; readonly message: string }[];
};

export function renderTable({ figures, failures }: Report): string {
  const rows = figures.map((figure) => [
    figure.name,
    `${readable(figure.value)} ${figure.unit}`,
    targetOf(figure),
    MET[String(isMet(figure)) as keyof typeof MET],
  ]);
  const lines = aligned([["figure", "measured", "target", "met"], ...rows]);
  return [
    ...lines,
    ...failures.map(({ section, message }) => `${section} failed: ${message}`),
  ].join("\n");
}

export function renderJson({ figures, failures }: Report): string {
  const machine = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
  const judged = figures.map((figure) => ({ ...figure, met: isMet(figure) }));
  return JSON.stringify({ machine, figures: judged, failures }, null, 2);
}

/** 0: all met; 2: a target was missed; 1: something could not be measured. */
export function exitCode({ figures, failures }: Report): number {
  if (failures.length > 0) return 1;
  return figures.some((figure) => isMet(figure) === false) ? 2 : 0;
}

// --- internal ---

const MET = { true: "yes", false: "NO", null: "" } as const;

function targetOf({ target }: Figure): string {
  if (!target) return "";
  return "atLeast" in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
}

function readable(value: number): string {
  const maximumFractionDigits = Math.abs(value) < 100 ? 2 : 0;
  return value.toLocaleString("en-US", { maximumFractionDigits });
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
