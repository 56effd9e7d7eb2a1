import { describe, expect, it } from "vitest";
import { checkLogLevel, LOG_LEVELS } from "../../../services/log/log.ts";
import { WORKER } from "../../../services/task/executor/worker.ts";
import { readableLog } from "../support/log-lines.ts";

describe("the log", () => {
  it("has a JSON line for each event, with its level as a word and its time", () => {
    const { log, lines } = readableLog();
    log.warn({ jobId: "nightly" }, "It rains.");
    expect(lines).toEqual([
      {
        level: "warn",
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        worker: WORKER,
        jobId: "nightly",
        msg: "It rains.",
      },
    ]);
  });

  it("says of an error what it says, and nothing else that it carries", () => {
    const { log, lines } = readableLog();
    const request = { headers: { authorization: "secret" } };
    log.error({ err: Object.assign(new Error("no"), { code: "NO", request }) }, "It failed.");
    expect(lines[0]?.["err"]).toEqual({
      type: "Error",
      code: "NO",
      message: "no",
      stack: expect.stringContaining("log.test.ts"),
    });
  });

  it("outlives whatever was thrown", () => {
    const { log, lines } = readableLog();
    const hostile = new Proxy(new Error("no"), {
      get: () => {
        throw new Error("not to be read");
      },
    });
    for (const err of [null, "text", hostile]) log.error({ err }, "It failed.");
    expect(lines).toHaveLength(3);
  });
});

describe("FANFOLD_LOG", () => {
  it.each(["", ...LOG_LEVELS])('may be "%s"', (value) => {
    expect(() => checkLogLevel(value)).not.toThrow();
  });

  it("is refused in one sentence when it is no level", () => {
    expect(() => checkLogLevel("loud")).toThrow(
      'FANFOLD_LOG must be one of silent, fatal, error, warn, info, debug, trace, got "loud".',
    );
  });
});
