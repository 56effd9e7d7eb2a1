// A worker whose actions and folds leave errors behind that nobody catches, or end their process: in a
// process of its own, since a test runner counts them as its own failures.
import { createApp } from "../../services/app.ts";
import { action, fold } from "../../services/actions.ts";
import { durableAction } from "../../services/durable-action.ts";
import { announceReady, onStop } from "../../services/embedded/worker-process.ts";
import { serveEndpoint } from "../../services/endpoint.ts";

type Crash = "rejection" | "timer" | "late" | "none";

const never = () => new Promise<never>(() => undefined);

const crashing = action<{ item: Crash }>({
  name: "crashing",
  run: async ({ input: { item }, index }) => {
    switch (item) {
      case "rejection":
        void Promise.reject(new Error("detached"));
        return never();
      case "timer":
        setTimeout(() => {
          throw new Error("in a timer");
        }, 10);
        return never();
      case "late":
        // The task has ended by then: its outcome stands.
        setTimeout(() => {
          throw new Error("too late");
        }, 10);
        return index;
      case "none":
        return index;
    }
  },
});

/** Leaves an error behind, and waits. */
const durable = durableAction<{ item: Crash }, number>({
  name: "durable",
  run: async (ctx, { input: { item }, index }) => {
    if (item === "rejection") void Promise.reject(new Error("detached"));
    if (item !== "none") await ctx.sleep({ minutes: 1 });
    return index;
  },
});

/** Ends its process. */
const deadlyTask = action({ name: "deadly_task", run: () => process.exit(1) });

const count = fold({ name: "count", init: 0, step: (acc) => acc + 1 });
const rejecting = fold({
  name: "rejecting",
  init: 0,
  step: () => {
    void Promise.reject(new Error("detached"));
    return never();
  },
});
const deadly = fold({
  name: "deadly",
  init: 0,
  step: (acc, { index }) => (index === 7 ? process.exit(1) : acc + 1),
});

const app = createApp({ actions: [crashing, durable, deadlyTask, count, rejecting, deadly] });
const endpoint = await serveEndpoint({
  services: app.services,
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"]),
});
onStop(async () => {
  await app.close();
  await endpoint.close();
});
announceReady(endpoint.port);
