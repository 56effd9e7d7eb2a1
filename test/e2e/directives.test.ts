import * as restate from "@restatedev/restate-sdk";
import type { Context } from "@restatedev/restate-sdk";
import { afterAll, describe, expect, it, vi } from "vitest";
import { registerEndpoint } from "../../services/embedded/register.ts";
import { serveEndpoint } from "../../services/endpoint.ts";
import { Control } from "../../services/task/control.ts";
import type { Directive } from "../../services/task/directive.ts";
import { sendDirective } from "../../services/wire/calls.ts";
import { adminClient } from "../support/admin.ts";
import { yieldTo } from "../unit/support/limiters.ts";
import { accepted, httpClient } from "../support/http.ts";
import { isReplayed } from "../support/test-fanfold.ts";
import { startTestServer } from "../support/test-server.ts";

/** Of steps that have begun and end when the test says so. */
const gates = new Map<string, () => void>();
const heard: Directive[] = [];

const listener = restate.service({
  name: "Listener",
  handlers: {
    /** A step that listens, one that does not, and one that listens again. */
    run: async (ctx: Context) => {
      const control = new Control(ctx);
      const { id } = ctx.request();
      const step = (name: string) =>
        ctx.run(name, () => new Promise<string>((resolve) => gates.set(name, () => resolve(id))));
      await control.during(step("first"), (directive) => heard.push(directive));
      const during = control.directive;
      await step("deaf");
      await control.during(step("last"));
      return { during, last: control.directive, isStopped: control.stopped.aborted };
    },
  },
});

const sender = restate.service({
  name: "Sender",
  handlers: {
    send: async (ctx: Context, { to, say }: { to: string; say: Directive[] }) => {
      for (const directive of say) sendDirective(ctx, to, directive);
    },
  },
});

const server = await startTestServer();
const endpoint = await serveEndpoint({ services: [listener, sender] });
await registerEndpoint(server.adminUrl, endpoint.url);
const http = httpClient(server.ingressUrl);
const { query } = adminClient(server.adminUrl);

afterAll(async () => {
  await server.stop();
  await endpoint.close();
});

describe("Control", () => {
  it("hears what comes during a step, and the newest of what comes between", async () => {
    const answer = accepted(http.post("Listener/run"));
    await begun("first");
    const [invocation] = await query(
      "select id from sys_invocation where target_service_name = 'Listener'",
    );
    const to = String(invocation?.["id"]);
    const send = async (...say: Directive[]) => accepted(http.post("Sender/send", { to, say }));

    await send({ type: "pause" });
    await arrived(to, 1);
    // A runner that is asked to suspend hears nothing more until its step has ended.
    if (!isReplayed) await vi.waitFor(() => expect(heard).toEqual([{ type: "pause" }]));
    gates.get("first")!();
    await begun("deaf");
    await send({ type: "pause" }, yieldTo(), { type: "stop", reason: "enough" });
    await arrived(to, 4);
    gates.get("deaf")!();
    await begun("last");
    gates.get("last")!();
    expect(await answer).toEqual({
      during: { type: "pause" },
      last: { type: "stop", reason: "enough" },
      isStopped: true,
    });
  });
});

// --- internal ---

const begun = (step: string) => vi.waitFor(() => expect(gates.has(step)).toBe(true));

/** Waits until so many signals stand in the journal. */
async function arrived(invocation: string, signals: number): Promise<void> {
  const poll = async () => {
    const journal = await query(`select entry_type from sys_journal where id = '${invocation}'`);
    const found = journal.filter(({ entry_type: type }) => String(type).includes("Signal"));
    expect(found).toHaveLength(signals);
  };
  await vi.waitFor(poll, { timeout: 10_000, interval: 100 });
}
