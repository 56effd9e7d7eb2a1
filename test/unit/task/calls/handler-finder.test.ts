import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { handlerFinder } from "../../../../services/task/calls/handler-finder.ts";
import { findHandler } from "../../../../services/wire/find-handler.ts";

/** What the ingress answers to a PUT of each path; all others 404. */
const ANSWERS: Readonly<Record<string, number>> = {
  "/Crm/note": 405,
  "/approve/task": 400,
  "/approve/key/task": 400,
  "/Cart/add": 400,
  "/Cart/key/add": 405,
  "/Broken/run": 500,
};
const asked: string[] = [];
const server = createServer(({ method, url = "" }, response) => {
  asked.push(`${method} ${url}`);
  response.writeHead(ANSWERS[url] ?? 404).end();
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const ingress = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeEach(() => asked.splice(0));
afterAll(() => new Promise((resolve) => server.close(resolve)));

describe("findHandler", () => {
  it.each([
    ["Crm", "note", "public"],
    ["approve", "task", "private"],
    ["Cart", "add", "keyed"],
    ["Crm", "forget", "unknown"],
    ["Nobody", "run", "unknown"],
  ])("%s/%s is %s", async (service, handler, found) => {
    expect(await findHandler(ingress, { service, handler })).toBe(found);
  });

  it("does not guess what another answer means, or none", async () => {
    const handler = { service: "Broken", handler: "run" };
    await expect(findHandler(ingress, handler)).rejects.toThrow("500");
    await expect(findHandler("http://127.0.0.1:1", handler)).rejects.toThrow();
  });
});

describe("handlerFinder", () => {
  const remote = { kind: "remote", service: "Crm", handler: "note" } as const;
  const durable = { kind: "durable", service: "approve", handler: "task" } as const;

  it("finds the public handler of a remote action and the private one of a durable one", async () => {
    const finder = handlerFinder(ingress);
    expect(await finder.isThere(remote)).toBe(true);
    expect(await finder.isThere(durable)).toBe(true);
    expect(await finder.isThere({ ...remote, service: "approve", handler: "task" })).toBe(false);
    expect(await finder.isThere({ ...remote, handler: "forget" })).toBe(false);
    expect(await handlerFinder("http://127.0.0.1:1").isThere(remote)).toBeNull();
  });

  it("asks once a second, however many want to know", async () => {
    let now = 0;
    const finder = handlerFinder(ingress, { now: () => now });
    await finder.isThere(remote);
    now = 999;
    await finder.isThere(remote);
    expect(asked).toEqual(["PUT /Crm/note"]);
    now = 1_000;
    await finder.isThere(remote);
    expect(asked).toHaveLength(2);
  });

  it("asks again ten times as soon for one that was not there", async () => {
    let now = 0;
    const finder = handlerFinder(ingress, { now: () => now });
    const gone = { ...remote, handler: "forget" };
    expect(await finder.isThere(gone)).toBe(false);
    now = 99;
    expect(await finder.isThere(gone)).toBe(false);
    expect(asked).toHaveLength(1);
    now = 100;
    expect(await finder.isThere(gone)).toBe(false);
    expect(asked).toHaveLength(2);
  });
});
