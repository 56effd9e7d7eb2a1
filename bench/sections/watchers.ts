import type { Ingress } from "../ingress.ts";
import { interleave } from "../interleave.ts";
import type { Section } from "./section.ts";

/** Two hundred clients watch a job that runs at full speed: it is hardly slower for them. */
export const watchers: Section = {
  name: "watchers",
  withinMs: 300_000,
  async measure({ ingress, repeats }) {
    const alone = () => ingress.runJob({ action: "noop", tasks: TASKS });
    await alone();
    const ms = await interleave(repeats(3), { alone, watched: () => watched(ingress) });
    return [
      { name: "1,000,000 tasks, alone", value: TASKS / (ms.alone / 1_000), unit: "tasks/s" },
      {
        name: "1,000,000 tasks watched by 200 clients : alone",
        value: ms.alone / ms.watched,
        unit: "×",
        target: { atLeast: 0.9 },
      },
    ];
  },
};

// --- internal ---

/** Many seconds of it: a client looks at once, and then every few seconds. */
const TASKS = 1_000_000;
const CLIENTS = 200;

/** Milliseconds from submit to outcome, not to when the last client has heard of it. */
async function watched(ingress: Ingress): Promise<number> {
  const job = await ingress.submit({ action: "noop", tasks: TASKS });
  const clients = Array.from({ length: CLIENTS }, () => ingress.watch(job.jobId));
  const [tookMs] = await Promise.all([job.tookMs(), ...clients]);
  return tookMs;
}
