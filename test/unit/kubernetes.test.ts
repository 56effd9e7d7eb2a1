import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDocument } from "yaml";
import { settings, unknownKeys } from "../support/server-config.ts";

interface Cluster {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly compute: { readonly image: string };
    readonly config: string;
    readonly security: { readonly requestSigningPrivateKey: { readonly secret: object } };
  };
}

interface Deployment {
  readonly spec: {
    readonly restate: { readonly register: { readonly cluster: string } };
    readonly selector: { readonly matchLabels: object };
    readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
  };
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly [
    {
      readonly image: string;
      readonly env: readonly { readonly name: string; readonly value: string }[];
      readonly ports: readonly { readonly containerPort: number }[];
      readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
    },
  ];
}

const root = join(import.meta.dirname, "../..");
const cluster = manifest<Cluster>("restate.yaml");
const { spec: deployment } = manifest<Deployment>("fanfold.yaml");
const [worker] = deployment.template.spec.containers;
const env = new Map(worker.env.map(({ name, value }) => [name, value]));

describe("the cluster for Kubernetes", () => {
  it("runs the version that the tests run", () => {
    const { dependencies } = JSON.parse(read("package.json")) as {
      dependencies: Record<string, string>;
    };
    const version = dependencies["@restatedev/restate-server"] ?? "";
    expect(cluster.spec.compute.image).toBe(`restatedev/restate:${version}`);
  });

  it("has only settings that the server knows, and all of ours but the address", () => {
    const { config } = cluster.spec;
    expect(unknownKeys(config)).toEqual([]);
    const missing = settings(read("restate.toml")).filter((one) => !settings(config).includes(one));
    expect(missing).toEqual(['bind-ip = "127.0.0.1"']);
  });
});

describe("the workers for Kubernetes", () => {
  it("are registered with that cluster, and ask its ingress", () => {
    const { name } = cluster.metadata;
    expect(deployment.restate.register.cluster).toBe(name);
    expect(env.get("FANFOLD_INGRESS_URL")).toBe(`http://restate.${name}:8080`);
  });

  it("are of the image that is built, and found by their labels", () => {
    expect(worker.image).toBe("fanfold");
    expect(deployment.template.metadata.labels).toMatchObject(deployment.selector.matchLabels);
    expect(worker.ports).toEqual([{ name: "restate", containerPort: 9080 }]);
  });

  it("are set up by variables that the guide explains", () => {
    const guide = read("docs/guides/production.md");
    expect([...env.keys()].filter((name) => !guide.includes(`\`${name}\``))).toEqual([]);
  });

  it("have the time that they take to end", () => {
    const { seconds } = worker.lifecycle.preStop.sleep;
    expect(deployment.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + 12);
  });
});

// --- internal ---

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

function manifest<Kind>(file: string): Kind {
  const document = parseDocument(read(join("deploy/kubernetes", file)));
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as Kind;
}
