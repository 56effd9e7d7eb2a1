import { isatty } from "node:tty";
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from "pino";
import pretty from "pino-pretty";
import { readThrown } from "../task/executor/thrown.ts";
import { WORKER } from "../task/executor/worker.ts";

/** From the quietest to the one that says everything. */
export const LOG_LEVELS = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A log that writes one JSON line for each event. Of errors it writes what they say, and nothing else that
 * they carry: that may be anything, a request with its secrets too.
 */
export function createLog(destination: DestinationStream, level: LogLevel): Logger {
  const options = {
    level,
    base: { worker: WORKER },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: errorFields },
  };
  return pino(options, destination);
}

/**
 * The log of this process, on standard error: JSON lines, or for people if that is a terminal. FANFOLD_LOG
 * says how much of it there is.
 */
export const log = createLog(standardError(), levelOf(process.env["FANFOLD_LOG"]) ?? "info");

/** Throws one sentence if FANFOLD_LOG is no level. */
export function checkLogLevel(value = process.env["FANFOLD_LOG"]): void {
  if (!value || levelOf(value)) return;
  throw new RangeError(`FANFOLD_LOG must be one of ${LOG_LEVELS.join(", ")}, got "${value}".`);
}

// --- internal ---

function levelOf(value: string | undefined): LogLevel | undefined {
  return LOG_LEVELS.find((level) => level === value);
}

function errorFields(thrown: unknown): Record<string, unknown> {
  const { name, code, message, stack } = readThrown(thrown);
  return { type: name, code, message, stack };
}

/** Written at once: what a process says last, before it ends, is worth the most. */
function standardError(): DestinationStream {
  const stderr = 2;
  if (!isatty(stderr)) return pino.destination({ dest: stderr, sync: true });
  return pretty({
    destination: stderr,
    sync: true,
    colorize: !process.env["NO_COLOR"],
    ignore: "worker",
    translateTime: "SYS:HH:MM:ss.l",
    singleLine: true,
  });
}
