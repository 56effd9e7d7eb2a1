import type { Request } from "@restatedev/restate-sdk";
import { afterEach, expect, it } from "vitest";
import { drainedSteps } from "../../../services/task/drained-steps.ts";
import { admission } from "../../../services/task/executor/admission.ts";
import { drain } from "../../../services/task/executor/shutdown.ts";

afterEach(() => admission.open());

it("a step that runs is waited for by a process that ends, and no other begins", async () => {
  const { promise: charged, resolve: charge } = Promise.withResolvers<void>();
  const running = run("charge", () => charged);
  const said: string[] = [];
  const draining = drain(60_000).then(() => said.push("drained"));
  void run("ship", async () => void said.push("shipped"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(said).toEqual([]);
  charge();
  await running;
  await draining;
  expect(said).toEqual(["drained"]);
});

it("a step that fails is waited for no longer", async () => {
  const failing = run("charge", () => Promise.reject(new Error("declined")));
  await expect(failing).rejects.toThrow("declined");
  await drain(60_000);
});

it("a step that takes longer than the process is given up", async () => {
  void run("charge", () => new Promise(() => undefined));
  await drain(0);
});

// --- internal ---

const { interceptor } = drainedSteps({ request: {} as Request });

async function run(name: string, step: () => Promise<void>): Promise<void> {
  await interceptor?.run?.(name, step);
}
