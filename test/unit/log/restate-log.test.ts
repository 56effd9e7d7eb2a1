import {
  TerminalError,
  type Context,
  type LogMetadata,
  type Request,
} from "@restatedev/restate-sdk";
import { describe, expect, it } from "vitest";
import { about } from "../../../services/log/about.ts";
import type { LogLevel } from "../../../services/log/log.ts";
import { restateLog } from "../../../services/log/restate-log.ts";
import { readableLog } from "../support/log-lines.ts";

describe("what a handler says", () => {
  it("is told with its service, handler and invocation", () => {
    expect(linesOf([{}, "charged"])).toEqual([
      {
        level: "info",
        service: "Payments",
        handler: "charge",
        invocationId: "inv_1",
        msg: "charged",
      },
    ]);
  });

  it("is told with what the invocation is about, once that is known", () => {
    const request = {} as Request;
    about({ request: () => request } as Context, { jobId: "nightly", stage: 1, chunk: 7 });
    expect(linesOf([{ request }, "began"])).toMatchObject([
      { jobId: "nightly", stage: 1, chunk: 7, msg: "began" },
    ]);
  });

  it("is told with the key of an object, which names the job if it is one", () => {
    const [line] = linesOf([{ service: "Job", key: "nightly" }, "began"]);
    expect(line).toMatchObject({ service: "Job", key: "nightly", jobId: "nightly" });
  });

  it("may have fields before its text", () => {
    expect(linesOf([{}, { orderId: 7 }, "charged %d times", 2])).toMatchObject([
      { orderId: 7, msg: "charged 2 times" },
    ]);
  });

  it.each([
    [["charged", 7, { of: "Eve" }], "charged 7 { of: 'Eve' }"],
    [[{ of: "Eve" }], "{ of: 'Eve' }"],
    [[undefined], "undefined"],
    [[new Error("no")], "no"],
  ])("is one text, whatever it is: %j", (said, msg) => {
    expect(linesOf([{}, ...said])).toMatchObject([{ msg }]);
  });

  it("keeps an error apart from the text", () => {
    expect(linesOf([{ level: "error" }, "not charged:", new Error("no money")])).toMatchObject([
      { level: "error", msg: "not charged:", err: { message: "no money" } },
    ]);
  });

  it("is not said again by a replay", () => {
    expect(linesOf([{ replaying: true }, "charged"])).toEqual([]);
  });
});

describe("what the SDK says", () => {
  it.each<[Setting, unknown, string]>([
    [{ level: "info" }, "Starting invocation.", "debug"],
    [{ level: "debug" }, "An entry.", "debug"],
    [{ level: "warn" }, new TypeError("a step failed"), "warn"],
    [{ level: "warn" }, new TerminalError("there is no such job"), "debug"],
    [{ level: "error" }, "The connection is gone.", "error"],
    [{ level: "warn", source: "SYSTEM" }, "Requests are not signed.", "warn"],
  ])("has the weight that it has for an operator: %j %s", (said, word, level) => {
    expect(linesOf([{ source: "JOURNAL", ...said }, word])).toMatchObject([{ level }]);
  });

  it("is told without an invocation if it is about none", () => {
    const { log, lines } = readableLog();
    const { context: _, ...meta } = metadataOf({ source: "SYSTEM", level: "error" });
    restateLog(log)(meta, "It does not listen.");
    expect(Object.keys(lines[0]!)).toEqual(["level", "time", "worker", "msg"]);
  });
});

describe("the level", () => {
  it("leaves out what weighs less", () => {
    const all: Said[] = (["info", "warn", "error"] as const).map((level) => [{ level }, level]);
    expect(linesAt("warn", ...all).map(({ msg }) => msg)).toEqual(["warn", "error"]);
    expect(linesAt("silent", ...all)).toEqual([]);
  });
});

// --- internal ---

interface Setting {
  readonly source?: `${LogMetadata["source"]}`;
  readonly level?: `${LogMetadata["level"]}`;
  readonly replaying?: boolean;
  readonly service?: string;
  readonly key?: string;
  readonly request?: Request;
}
type Said = readonly [Setting, ...unknown[]];

const linesOf = (...said: readonly Said[]) => linesAt("trace", ...said);

function linesAt(level: LogLevel, ...said: readonly Said[]) {
  const { log, lines } = readableLog(level);
  const say = restateLog(log);
  for (const [setting, ...words] of said) say(metadataOf(setting), ...words);
  return lines.map(({ time: _time, worker: _worker, ...line }) => line);
}

function metadataOf({ service = "Payments", key, request, ...meta }: Setting): LogMetadata {
  const context = {
    invocationId: "inv_1",
    serviceName: service,
    handlerName: "charge",
    key,
    request,
    invocationTarget: `${service}/charge`,
  };
  // The enums of its type are not exported as values.
  return { source: "USER", level: "info", replaying: false, context, ...meta } as LogMetadata;
}
