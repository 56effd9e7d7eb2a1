import { createLog, type LogLevel } from "../../../services/log/log.ts";

/** A log whose lines can be read back. */
export function readableLog(level: LogLevel = "trace") {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return { log: createLog({ write }, level), lines };
}
