import { setTimeout as sleep } from "node:timers/promises";
import * as restate from "@restatedev/restate-sdk";
import {
  TerminalError,
  type Context,
  type ObjectContext,
  type Serde,
} from "@restatedev/restate-sdk";
import { announceReady } from "../../services/embedded/worker-process.ts";
import { serveEndpoint } from "../../services/endpoint.ts";
import type { Task } from "../../services/contract/task.ts";

// Somebody else's process: plain Restate services that know nothing of Fanfold but the task they are given.

/** Answers as another SDK might write them: bytes, not what JavaScript would make of a value. */
const bytes: Serde<string> = {
  contentType: "application/json",
  serialize: (text) => new TextEncoder().encode(text),
  deserialize: (data) => new TextDecoder().decode(data),
};

type Ask = Task<{ item: number; how?: string; ms?: number; attempts?: number }>;

const crm = restate.service({
  name: "Crm",
  handlers: {
    note: async (_ctx: Context, { input, taskId }: Ask) => ({ noted: input.item, taskId }),

    /** Written by hand, with the line breaks of a pretty printer. */
    pretty: restate.handlers.handler(
      { input: bytes, output: bytes },
      async (_ctx: Context, text: string) => {
        const { index } = JSON.parse(text) as Task;
        return `{\r\n  "Index" : ${index},\n  "Ratio": 1.50\n}`;
      },
    ),

    emit: async (_ctx: Context, { index }: Ask) => ({
      $emit: { result: index, fanout: { foreach: { items: [`${index}a`, `${index}b`] } } },
    }),

    fail: async (_ctx: Context, { input: { how, attempts = 1_000 }, attempt }: Ask) => {
      if (attempt > attempts) return attempt;
      const metadata = {
        ...(how === "again" ? { retryable: "true" } : {}),
        ...(how === "plain" ? {} : { code: "CRM_SAYS_NO" }),
      };
      throw new TerminalError("no", { errorCode: 418, metadata });
    },

    odd: restate.handlers.handler(
      { input: bytes, output: bytes },
      async (_ctx: Context, text: string) => {
        const { input } = JSON.parse(text) as Ask;
        if (input.how === "nothing") return "";
        return input.how === "large"
          ? JSON.stringify("x".repeat(1_100_000))
          : "Hello, I am no JSON.";
      },
    ),

    slow: async (ctx: Context, { index, input: { ms = 100 } }: Ask) => {
      await ctx.run("work", () => sleep(ms));
      return index;
    },

    long: async (ctx: Context) => {
      await ctx.sleep({ hours: 1 });
    },

    secret: restate.handlers.handler({ ingressPrivate: true }, async () => "hidden"),
  },
});

const cart = restate.object({
  name: "Cart",
  handlers: {
    add: async (_ctx: ObjectContext) => null,
    secret: restate.handlers.object.exclusive({ ingressPrivate: true }, async () => null),
  },
});

const order = restate.workflow({ name: "Order", handlers: { run: async () => null } });

const hidden = restate.service({
  name: "Hidden",
  handlers: { run: async () => null },
  options: { ingressPrivate: true },
});

const endpoint = await serveEndpoint({
  services: [crm, cart, order, hidden],
  port: Number(process.env["FANFOLD_ENDPOINT_PORT"]),
});
announceReady(endpoint.port);
process.once("SIGTERM", () => process.exit(0));
