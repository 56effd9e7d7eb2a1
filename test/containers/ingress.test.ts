import { RestateTestEnvironment } from "@restatedev/restate-sdk-testcontainers";
import { GenericContainer } from "testcontainers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connect } from "../../clients/client/index.ts";
import { createApp } from "../../services/app.ts";
import { durableAction } from "../../services/durable-action.ts";
import { serverConfig } from "../../services/embedded/server-binary.ts";
import { echo } from "../support/actions.ts";
import { accepted, httpClient, refused } from "../support/http.ts";
import { LABEL } from "./support/docker.ts";
import { image } from "./support/images.ts";
import { expectWhole } from "./support/whole.ts";

const steps = durableAction<{ item: number }, number>({
  name: "steps",
  run: async (ctx, { input }) => {
    const doubled = await ctx.run("double", () => input.item * 2);
    await ctx.sleep(10);
    return ctx.run("increment", () => doubled + 1);
  },
});

const app = createApp({ actions: [echo, steps] });
let environment: RestateTestEnvironment;
let url: string;

beforeAll(async () => {
  environment = await RestateTestEnvironment.start({
    services: app.services,
    logger: () => undefined,
    container: restateContainer,
  });
  url = environment.baseUrl();
});
afterAll(async () => {
  await environment?.stop();
  await app.close();
});

describe("handlers over the ingress of a container", () => {
  it("run a job of a function action", async () => {
    const client = connect({ ingressUrl: url });
    const job = await client.submit({
      action: echo,
      fanout: { range: { start: 1, stop: 1_000 } },
    });
    const [outcomes] = await expectWhole(job, [1_000]);
    expect(outcomes?.at(-1)?.result).toEqual({ item: 1_000 });
  });

  it("run a job of a durable action", async () => {
    const client = connect({ ingressUrl: url });
    const job = await client.submit({ action: steps, fanout: { range: { start: 1, stop: 50 } } });
    const [outcomes] = await expectWhole(job, [50]);
    expect(outcomes?.map(({ result }) => result)).toEqual(outcomes?.map((_, at) => at * 2 + 3));
  });

  it("call an action as a service", async () => {
    expect(await accepted(httpClient(url).post("steps/run", { item: 20 }))).toBe(41);
  });

  it("refuse with a code", async () => {
    const request = { action: "nobody's", fanout: { tasks: 1 } };
    expect(await refused(httpClient(url).post("Jobs/submit", request))).toMatchObject({
      status: 400,
      code: "INVALID_REQUEST",
    });
  });
});

// --- internal ---

function restateContainer(): GenericContainer {
  return new GenericContainer(image("RESTATE_IMAGE"))
    .withLabels({ [LABEL]: "" })
    .withBindMounts([{ source: serverConfig(), target: "/restate.toml", mode: "ro" }])
    .withEnvironment({
      RESTATE_CONFIG: "/restate.toml",
      RESTATE_BASE_DIR: "/restate-data",
      RESTATE_BIND_IP: "0.0.0.0",
      RESTATE_DEFAULT_NUM_PARTITIONS: "4",
    });
}
