import { describe, expect, it } from "vitest";
import { serverEnvironment } from "../../services/embedded/server-environment.ts";

const ports = { ingress: 1, admin: 2, node: 3 };

describe("serverEnvironment", () => {
  it("drops what the parent sets for a server of its own", () => {
    const env = serverEnvironment({ HOME: "/home/me", RESTATE_BASE_DIR: "/elsewhere" }, ports);
    expect(env["HOME"]).toBe("/home/me");
    expect(env).not.toHaveProperty("RESTATE_BASE_DIR");
  });

  it("keeps the secrets of workers from the server", () => {
    const env = serverEnvironment({ FANFOLD_WEBHOOK_SECRET: "whsec_x" }, ports);
    expect(env).not.toHaveProperty("FANFOLD_WEBHOOK_SECRET");
  });

  it("lets the caller's values win", () => {
    const env = serverEnvironment({}, ports, { RESTATE_DEFAULT_NUM_PARTITIONS: "1" });
    expect(env["RESTATE_DEFAULT_NUM_PARTITIONS"]).toBe("1");
  });

  it("suspends at once under the replay switch only", () => {
    const key = "RESTATE_WORKER__INVOKER__INACTIVITY_TIMEOUT";
    expect(serverEnvironment({}, ports)).not.toHaveProperty(key);
    expect(serverEnvironment({ FANFOLD_TEST_SUSPEND: "1" }, ports)[key]).toBe("0s");
  });
});
