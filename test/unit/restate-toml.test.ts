import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { serverConfig } from "../../services/embedded/server-binary.ts";
import { unknownKeys } from "../support/server-config.ts";

const shipped = readFileSync(serverConfig(), "utf8");

describe("restate.toml", () => {
  it("has only keys that the server knows", () => {
    expect(unknownKeys(shipped)).toEqual([]);
  });

  it("would be caught with a typing error in it", () => {
    const planted = shipped
      .replace(/^/, "typo-key = 1\n")
      .replace("inactivity-timeout", "inactivity-timeot");
    expect(unknownKeys(planted)).toEqual(["typo-key", "worker.invoker.inactivity-timeot"]);
  });
});
