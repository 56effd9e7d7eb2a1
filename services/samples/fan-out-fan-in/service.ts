import * as restate from "@restatedev/restate-sdk";
import type { Context, ObjectContext, VirtualObjectDefinition } from "@restatedev/restate-sdk";
import { z } from "zod";
import type { JobHandle } from "../../contract/handlers.ts";
import type { JobRequest } from "../../contract/job-request.ts";
import { bodySerde, readBody, type Body } from "../../wire/body.ts";
import { WorkItem } from "./work-item.ts";

/** What `fan_out_fan_in` takes; the items are made up when there are none. */
const WorkRequest = z.strictObject({
  workItems: z.array(WorkItem).default(["Task1", "Task2", "Task3", "Task4", "Task5"]),
});

/** The handler of `Job` that is called here. */
interface JobHandlers {
  submit(ctx: ObjectContext, request: JobRequest): Promise<JobHandle>;
}
const Job: VirtualObjectDefinition<"Job", JobHandlers> = { name: "Job" };

/** A service that starts jobs from a handler of its own, as any service at the same server can. */
export const samplesService = restate.service({
  name: "Samples",
  handlers: {
    fan_out_fan_in: restate.handlers.handler(
      { input: bodySerde(WorkRequest), idempotencyRetention: { hours: 1 } },
      async (ctx: Context, body: Body): Promise<JobHandle> => {
        const { workItems } = readBody(WorkRequest, body);
        // Journaled: a handler that is tried again names the same job, and submits it once.
        const jobId = ctx.rand.uuidv4();
        return ctx.objectClient(Job, jobId).submit({
          action: "process_work_item",
          fanout: { foreach: { items: workItems } },
          fold: { action: "aggregate_results" },
        });
      },
    ),
  },
});
