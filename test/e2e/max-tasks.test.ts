import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { peak, watched } from "../support/spans.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const PLACES = 50;
process.env["FANFOLD_MAX_TASKS"] = String(PLACES);

const free = watched("free");
const { job } = await startTestFanfold({ actions: [free] });

it("lets a small job pass a large one when all places are taken", async () => {
  const [large, small] = [job(), job()];
  const payload = { ms: 20 };
  const limits = { concurrency: 1_000 };
  await large.submit({ action: "free", payload, fanout: { tasks: 20_000 }, limits });
  await expect.poll(() => peak(free.spansOf(large.id))).toBe(PLACES);
  await small.run({ action: "free", payload, fanout: { tasks: 100 }, limits });
  expect(free.spansOf(large.id).length).toBeLessThan(20_000 / 4);
  await large.outcome();
  expect(peak(free.spansOf(large.id, small.id))).toBe(PLACES);
});

it("is refused in one sentence when it is no number of tasks", async () => {
  const main = join(import.meta.dirname, "../../services/main.ts");
  const worker = spawn(process.execPath, [main], {
    env: { ...process.env, FANFOLD_MAX_TASKS: "plenty", FANFOLD_ENDPOINT_PORT: "0" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [said, [code]] = await Promise.all([text(worker.stderr), once(worker, "exit")]);
  expect(said).toBe('FANFOLD_MAX_TASKS must be a whole number of at least 1, got "plenty".\n');
  expect(code).toBe(1);
});
