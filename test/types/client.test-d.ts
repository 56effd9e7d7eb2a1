import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  actionRef,
  connect,
  isFanfoldError,
  type AnyJob,
  type Collected,
  type FanfoldError,
  type Groups,
  type Stats,
  type Top,
} from "../../clients/client/index.ts";
import type { JobStatus, JobSummary } from "../../services/contract/index.ts";
import { action } from "../../services/actions.ts";
import { durableAction } from "../../services/durable-action.ts";

const client = connect({ ingressUrl: "http://127.0.0.1:8080" });

const Recipient = z.object({ id: z.number(), email: z.string() });
const sendEmails = action({
  name: "send_emails",
  input: z.object({ campaign: z.number(), item: Recipient }),
  output: z.object({ messageId: z.string(), at: z.date() }),
  run: () => ({ messageId: "1", at: new Date() }),
});
const prepare = action({
  name: "prepare",
  input: z.object({ targetList: z.number(), page: z.number() }),
  run: async () => ({ recipients: 1 }),
});
const thumbnails = action({
  name: "thumbnails",
  input: z.object({ paths: z.array(z.string()), width: z.number().optional() }),
  run: () => 1,
});
const anything = action({ name: "anything", run: () => null });

const items = [{ id: 1, email: "ada@example.org" }];
const payload = { campaign: 99 };

describe("submit", () => {
  it("takes payload and items that fit the action's input", () => {
    void client.submit({ action: sendEmails, payload, fanout: { foreach: { items } } });
    void client.submit({
      action: prepare,
      payload: { targetList: 1 },
      fanout: { range: { as: "page", start: 1, stop: 100 } },
    });
    void client.submit({
      action: prepare,
      payload: { targetList: 1 },
      fanout: { foreach: { as: "page", items: [1, 2] } },
    });
    void client.submit({
      action: prepare,
      payload: { targetList: 1, page: 2 },
      fanout: { tasks: 3 },
    });
    void client.submit({
      action: thumbnails,
      fanout: { foreach: { as: "paths", items: ["a.png", "b.png"], batch: 2 } },
    });
    void client.submit({
      action: thumbnails,
      payload: { width: 100 },
      fanout: { foreach: { as: "paths", items: [["a.png"], ["b.png"]] } },
    });
    void client.submit({ action: sendEmails, payload, fanout: { from: { action: prepare } } });
  });

  it("refuses what does not fit", () => {
    void client.submit({
      action: sendEmails,
      payload,
      // @ts-expect-error an item has a mail address
      fanout: { foreach: { items: [{ id: 1 }] } },
    });
    // @ts-expect-error the campaign is missing
    void client.submit({ action: sendEmails, fanout: { foreach: { items } } });
    void client.submit({
      action: sendEmails,
      // @ts-expect-error a campaign is a number
      payload: { campaign: "99" },
      fanout: { foreach: { items } },
    });
    void client.submit({
      action: sendEmails,
      // @ts-expect-error there is no such field
      payload: { campaign: 99, compaign: 1 },
      fanout: { foreach: { items } },
    });
    void client.submit({
      action: prepare,
      payload: { targetList: 1 },
      // @ts-expect-error the input has no field for an item
      fanout: { foreach: { items: [1, 2] } },
    });
    // @ts-expect-error without a fan-out a job is open
    void client.submit({ action: anything });
    // @ts-expect-error there is no such option
    void client.submit({ action: anything, fanout: { tasks: 1 }, priority: 1 });
  });

  it("takes names, about which it knows nothing", async () => {
    const job = await client.submit({
      jobId: "by-name",
      action: "send_emails",
      payload: { anything: 1 },
      fanout: { foreach: { as: "row", items: [1, "a"] } },
      nextActions: ["Service/handler"],
      labels: { team: "blue" },
    });
    expectTypeOf((await job.outcome()).result).toEqualTypeOf<Collected<unknown>[] | null>();
    void job.append([1, "a"], { as: "row" });
  });

  it("lets a payload hold what later stages take", () => {
    void client.submit({
      action: prepare,
      payload: { targetList: 42, campaign: 99 },
      fanout: { range: { as: "page", start: 1, stop: 2 } },
      nextActions: [sendEmails],
    });
  });
});

describe("an input", () => {
  it("is what is sent, not what the action's schema makes of it", () => {
    const remind = action({
      name: "remind",
      input: z.object({
        item: z.string(),
        at: z.coerce.date<string>(),
        copies: z.int().default(1),
      }),
      run: ({ input }) => input.at.getTime(),
    });
    const fanout = { foreach: { items: ["Ada"] } };
    void client.submit({ action: remind, payload: { at: "2026-11-21" }, fanout });
    // @ts-expect-error JSON has no dates
    void client.submit({ action: remind, payload: { at: new Date() }, fanout });
  });

  it("may be that of a durable action", () => {
    const approve = durableAction({
      name: "approve",
      input: z.object({ item: z.object({ order: z.number() }) }),
      run: async (_ctx, { input }) => input.item.order,
    });
    void client.submit({ action: approve, fanout: { foreach: { items: [{ order: 1 }] } } });
    // @ts-expect-error an order is a number
    void client.submit({ action: approve, fanout: { foreach: { items: [{ order: "1" }] } } });
  });
});

describe("a job", () => {
  it("knows the results of its last stage, as JSON has them", async () => {
    const job = await client.submit({
      action: prepare,
      payload: { targetList: 42 },
      fanout: { range: { as: "page", start: 1, stop: 2 } },
      nextActions: ["anything", { action: sendEmails, timeout: "5s" }],
    });
    type Sent = { messageId: string; at: string };
    expectTypeOf((await job.outcome()).result).toEqualTypeOf<Collected<Sent>[] | null>();
    for await (const { result } of job.results()) {
      expectTypeOf(result).toEqualTypeOf<Sent | undefined>();
    }
    for await (const { result } of job.results({ stage: 0 })) {
      expectTypeOf(result).toEqualTypeOf<unknown>();
    }
  });

  it("knows the results of a chain", async () => {
    const job = await client.submit({
      actionChain: [{ action: prepare, payload: { targetList: 1 } }, anything, thumbnails],
      payload: { targetList: 1 },
      fanout: { foreach: { as: "page", items: [1] } },
    });
    expectTypeOf((await job.outcome()).result).toEqualTypeOf<Collected<number>[] | null>();
  });

  it("knows what its fold comes to", async () => {
    const folded = async () => {
      const common = { action: anything, fanout: { tasks: 1 } } as const;
      return {
        count: await client.submit({ ...common, fold: "count" }),
        none: await client.submit({ ...common, fold: "none" }),
        stats: await client.submit({ ...common, fold: { stats: { path: "n" } } }),
        groups: await client.submit({ ...common, fold: { groupBy: { path: "n" } } }),
        top: await client.submit({ ...common, fold: { topK: { path: "n", k: 3 } } }),
        own: await client.submit({ ...common, fold: { action: "total" } }),
        ofTheLast: await client.submit({
          ...common,
          fold: "none",
          nextActions: [{ action: anything, fold: "count" }],
        }),
      };
    };
    const { count, none, stats, groups, top, own, ofTheLast } = await folded();
    expectTypeOf((await count.outcome()).result).toEqualTypeOf<number>();
    expectTypeOf((await none.outcome()).result).toEqualTypeOf<null>();
    expectTypeOf((await stats.outcome()).result).toEqualTypeOf<Stats>();
    expectTypeOf((await groups.outcome()).result).toEqualTypeOf<Groups>();
    expectTypeOf((await top.outcome()).result).toEqualTypeOf<Top>();
    expectTypeOf((await own.outcome()).result).toEqualTypeOf<unknown>();
    expectTypeOf((await ofTheLast.outcome()).result).toEqualTypeOf<number>();
  });

  it("takes items that fit its first action", async () => {
    const job = await client.submit({ action: sendEmails, payload, open: true });
    void job.append(items);
    void job.append(
      (async function* () {
        yield* items;
      })(),
    );
    // @ts-expect-error an item has a mail address
    void job.append([{ id: 1 }]);
    const pages = await client.submit({ action: prepare, payload: { targetList: 1 }, open: true });
    void pages.append([1, 2], { as: "page" });
    // @ts-expect-error a page is a number
    void pages.append(["a"], { as: "page" });
    // @ts-expect-error the input has no field for an item
    void pages.append([1]);
  });

  it("that was found by its id has the types it is given", async () => {
    const job = client.job<typeof prepare, typeof sendEmails>("campaign-99");
    void job.append([1], { as: "page" });
    for await (const { result } of job.results()) {
      expectTypeOf(result?.messageId).toEqualTypeOf<string | undefined>();
    }
    expectTypeOf(job).toExtend<AnyJob>();
    void client.job("x").append([1, "a"]);
    expectTypeOf((await client.job("x").outcome()).result).toEqualTypeOf<unknown>();
    expectTypeOf(client.job("x").watch()).toEqualTypeOf<AsyncGenerator<JobStatus, void>>();
  });
});

describe("list", () => {
  it("gives summaries of jobs", () => {
    const jobs = client.list({ status: "SCHEDULED", label: "team=blue", limit: 1_000 });
    expectTypeOf(jobs).toEqualTypeOf<AsyncGenerator<JobSummary, void>>();
    // @ts-expect-error a paused job is RUNNING here
    void client.list({ status: "PAUSED" });
  });
});

describe("actionRef", () => {
  it("has an action's types without its code", async () => {
    const ref = actionRef<typeof sendEmails>("send_emails");
    const job = await client.submit({ action: ref, payload, fanout: { foreach: { items } } });
    expectTypeOf(job).toEqualTypeOf(
      await client.submit({ action: sendEmails, payload, fanout: { foreach: { items } } }),
    );
    // @ts-expect-error the campaign is missing
    void client.submit({ action: ref, fanout: { foreach: { items } } });
  });
});

describe("isFanfoldError", () => {
  it("narrows to the codes that were asked for", () => {
    const error: unknown = null;
    if (isFanfoldError(error)) expectTypeOf(error).toExtend<FanfoldError>();
    if (isFanfoldError(error, "JOB_SEALED", "JOB_ENDED")) {
      expectTypeOf(error.code).toEqualTypeOf<"JOB_SEALED" | "JOB_ENDED">();
    }
    // @ts-expect-error there is no such code
    isFanfoldError(error, "JOB_GONE");
  });
});
