import { expect, it } from "vitest";
import { echo } from "../support/actions.ts";
import { refused } from "../support/http.ts";
import { startTestFanfold } from "../support/test-fanfold.ts";

const { get, post, job, admin } = await startTestFanfold({ actions: [echo] });

/** What the contract offers; everything else is Fanfold's own business. */
const PUBLIC: Readonly<Record<string, string>> = {
  Jobs: "submit run plan list",
  echo: "run",
  Job: `submit append seal status outcome results timeline why verify pause resume cancel setLimits
    redrive raiseEvent setCustomStatus purge`,
};
const isPublic = (service: string, handler: string) =>
  PUBLIC[service]?.split(/\s+/).includes(handler) ?? false;

it("offers nothing but the handlers of the contract", async () => {
  for (const service of await admin.services()) {
    const offered = service.handlers.filter((handler) => service.public && handler.public);
    const names = offered.map(({ name }) => name);
    expect({
      [service.name]: names.filter((name) => !isPublic(service.name, name)),
    }).toEqual({
      [service.name]: [],
    });
  }
});

it("refuses every other handler at the ingress, and the job does not notice", async () => {
  const one = job();
  const outcome = await one.run({ action: "echo", fanout: { tasks: 3 } });
  const tried: string[] = [];
  for (const service of await admin.services()) {
    for (const { name } of service.handlers) {
      if (isPublic(service.name, name)) continue;
      const isKeyed = service.ty === "VirtualObject";
      const path = `${service.name}/${isKeyed ? `${one.id}/` : ""}${name}`;
      for (const call of [post(path, {}), post(path), post(`${path}/send`, {}), get(path)]) {
        const { status } = await refused(call);
        expect({ path, status }).toEqual({ path, status: expect.toBeOneOf([400, 403, 404, 405]) });
      }
      tried.push(path);
    }
  }
  expect(tried.length).toBeGreaterThan(10);
  expect(await one.outcome()).toEqual(outcome);
  expect(await one.verify()).toMatchObject({ ok: true, checked: 3 });
});
