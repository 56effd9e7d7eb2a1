import { setTimeout as sleep } from "node:timers/promises";
import { atOnce } from "../at-once.ts";
import type { Ingress } from "../ingress.ts";
import { interleave } from "../interleave.ts";
import { percentile } from "../statistics.ts";
import type { Section } from "./section.ts";

/** Thousands of ended jobs in the server: they are listed at once, and what runs does not notice. */
export const list: Section = {
  name: "list",
  withinMs: 600_000,
  async measure({ ingress, repeats }) {
    const jobs = repeats(10_000);
    await atOnce(SUBMITTERS, Array(jobs).keys(), () =>
      ingress.runJob({ action: "noop", tasks: 1 }),
    );

    const firstMs: number[] = [];
    const emptyMs: number[] = [];
    for (let round = 0; round < repeats(100); round += 1) {
      firstMs.push(await timed(() => ingress.list({})));
      emptyMs.push(await timed(() => ingress.list({ status: "FAILED" })));
    }
    const allMs = await timed(() => listAll(ingress, jobs));

    const running = () => ingress.runJob({ action: "noop", tasks: TASKS });
    await running();
    const ms = await interleave(repeats(5), {
      alone: running,
      aSecond: () => whileListed(ingress, running, 1_000),
      atOnce: () => whileListed(ingress, running, 0),
    });
    return [
      {
        name: `list with ${jobs.toLocaleString("en-US")} jobs, p99`,
        value: percentile(firstMs, 0.99),
        unit: "ms",
        target: { atMost: 1_000 },
      },
      {
        name: "list of a status that none has, p99",
        value: percentile(emptyMs, 0.99),
        unit: "ms",
        target: { atMost: 1_000 },
      },
      { name: "list of all, 1,000 a page", value: allMs, unit: "ms" },
      { name: "400,000 tasks, alone", value: TASKS / (ms.alone / 1_000), unit: "tasks/s" },
      {
        name: "400,000 tasks with a list a second : alone",
        value: ms.alone / ms.aSecond,
        unit: "×",
        target: { atLeast: 0.9 },
      },
      {
        name: "400,000 tasks with lists one after another : alone",
        value: ms.alone / ms.atOnce,
        unit: "×",
      },
    ];
  },
};

// --- internal ---

const SUBMITTERS = 200;
const TASKS = 400_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Other sections may have left jobs too. */
async function listAll(ingress: Ingress, atLeast: number): Promise<void> {
  let listed = 0;
  let cursor: string | null = null;
  do {
    const page = await ingress.list({ cursor, limit: 1_000 });
    listed += page.jobs.length;
    ({ cursor } = page);
  } while (cursor !== null);
  if (listed < atLeast) throw new Error(`${listed} of ${atLeast} jobs are listed.`);
}

/** Lists again and again for as long as the work takes, with a rest between two. */
async function whileListed<Result>(
  ingress: Ingress,
  work: () => Promise<Result>,
  restMs: number,
): Promise<Result> {
  const rest = new AbortController();
  const lists = (async () => {
    while (!rest.signal.aborted) {
      await ingress.list({});
      await sleep(restMs, null, { signal: rest.signal }).catch(() => undefined);
    }
  })();
  try {
    return await work();
  } finally {
    rest.abort();
    await lists;
  }
}
