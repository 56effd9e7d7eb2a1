import { describe, expect, it } from "vitest";
import { serveEndpoint } from "../../../services/endpoint.ts";
import { admission } from "../../../services/task/executor/admission.ts";
import { drain } from "../../../services/task/executor/shutdown.ts";

const key = "publickeyv1_GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";

describe("serveEndpoint", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1", "127.0.0.1.example.com", "example.com"])(
    "does not listen on %s for a server that it does not know",
    async (host) => {
      await expect(serveEndpoint({ services: [], host, identityKeys: [] })).rejects.toThrow(
        `An endpoint on ${host} must know its server: set FANFOLD_IDENTITY_KEYS to its public key.`,
      );
    },
  );

  it.each(["127.0.0.1", "127.0.0.2", "localhost"])("needs no key on %s", async (host) => {
    const endpoint = await serveEndpoint({ services: [], host, identityKeys: [] });
    await endpoint.close();
  });

  it("says that it is well, and when it is about to end", async () => {
    const endpoint = await serveEndpoint({ services: [], identityKeys: [key] });
    const health = async () => {
      const response = await fetch(`${endpoint.url}/health`);
      return [response.status, await response.json()];
    };
    expect(await health()).toEqual([200, { status: "ok" }]);
    await drain(0);
    expect(await health()).toEqual([503, { status: "draining" }]);
    admission.open();
    expect((await fetch(`${endpoint.url}/elsewhere`)).status).toBe(404);
    await endpoint.close();
  });
});
