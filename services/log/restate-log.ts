import { format } from "node:util";
import { TerminalError, type LogMetadata, type LoggerTransport } from "@restatedev/restate-sdk";
import type { Level, Logger } from "pino";
import { aboutOf } from "./about.ts";

/**
 * What handlers say by `ctx.console`, and what Restate's SDK says, in our log. What is said while a journal
 * is replayed was said before.
 *
 * `ctx.console` takes fields before the text, too: `ctx.console.info({ orderId }, "charged")`.
 */
export function restateLog(log: Logger): LoggerTransport {
  return (meta, message: unknown, ...more: unknown[]) => {
    if (meta.replaying) return;
    const said = [message, ...more];
    const level = levelOf(meta, said);
    if (!log.isLevelEnabled(level)) return;
    const { fields, text } = lineOf(said);
    log[level]({ ...placeOf(meta), ...fields }, text);
  };
}

// --- internal ---

/**
 * The SDK tells of the beginning and the end of each invocation, and warns of every refusal, which the
 * caller hears of.
 */
function levelOf({ source, level }: LogMetadata, said: readonly unknown[]): Level {
  if (source === "USER" || level === "error") return level;
  if (level === "warn") return said.some(isTerminal) ? "debug" : level;
  return level === "trace" ? level : "debug";
}

const isTerminal = (said: unknown) => said instanceof TerminalError;

function placeOf({ context }: LogMetadata): object {
  if (!context) return {};
  const { serviceName, handlerName, key, invocationId, request } = context;
  return {
    service: serviceName,
    handler: handlerName,
    key,
    invocationId,
    ...(serviceName === "Job" ? { jobId: key } : aboutOf(request)),
  };
}

/** Fields, if an object with them comes first; then the text, and the error that is among what is left. */
function lineOf(said: readonly unknown[]): { fields: object; text: string } {
  const [first, ...rest] = said;
  const hasFields = typeof rest[0] === "string" && isRecord(first);
  const words = hasFields ? rest : said;
  const err = words.find((word) => word instanceof Error);
  const text = format(...words.filter((word) => !err || word !== err)).trim();
  return {
    fields: { ...(hasFields ? first : {}), ...(err ? { err } : {}) },
    text: text || (err?.message ?? ""),
  };
}

function isRecord(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Error);
}
