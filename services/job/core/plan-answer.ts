import type { Fanout, JsonObject } from "../../contract/fanout.ts";
import { fanoutTasks } from "../../contract/fanout.ts";
import type { PlanAnswer } from "../../contract/handlers.ts";
import type { JobRequest } from "../../contract/job-request.ts";
import { planJob, type FindAction } from "./plan.ts";
import { rangeInput, rangeSource } from "./segments.ts";

/** What a request would run: task counts where they are known, and the first and last input. */
export function planAnswer(request: JobRequest, findAction: FindAction): PlanAnswer {
  const { stages } = planJob(request, findAction);
  return {
    stages: stages.map(({ action, payload }, stage) => {
      if (stage > 0 || !request.fanout) return { stage, action, tasks: null };
      const tasks = fanoutTasks(request.fanout);
      if (!tasks) return { stage, action, tasks };
      const input = (at: number) => ({ ...payload, ...fieldsOf(request.fanout!, at) });
      return {
        stage,
        action,
        tasks: request.open ? null : tasks,
        first: input(0),
        last: input(tasks - 1),
      };
    }),
  };
}

// --- internal ---

function fieldsOf({ foreach, range }: Fanout, at: number): JsonObject {
  const source = rangeSource(range);
  if (source) return rangeInput(source, at);
  if (!foreach) return {};
  const { as = "item", items, batch } = foreach;
  return { [as]: batch ? items.slice(at * batch, (at + 1) * batch) : items[at] };
}
