import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { expect, it } from "vitest";
import type { Client, ConnectOptions } from "../../../clients/client/index.ts";

const root = join(import.meta.dirname, "../../..");
const { exports } = (await import("../../../package.json", { with: { type: "json" } })).default;

/** As a web page would load it. A Node built-in would fail the build. */
const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: [exports["./client"]],
  platform: "browser",
  format: "iife",
  globalName: "fanfold",
  bundle: true,
  minify: true,
  metafile: true,
  write: false,
});
const text = outputFiles.map((file) => file.text).join("");

it("needs nothing but its own files", () => {
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !path.startsWith("clients/client/"),
  );
  expect(foreign).toEqual([]);
  expect(Object.values(metafile.outputs).flatMap((output) => output.imports)).toEqual([]);
});

it("is a few kilobytes", () => {
  expect(gzipSync(text).length).toBeLessThan(4 * 1024);
});

it("runs where there is nothing but what every browser has", async () => {
  const sent: string[] = [];
  const answers: Record<string, unknown> = {
    outcome: { status: "SUCCEEDED" },
    results: { outcomes: [{ index: 0, status: "SUCCEEDED" }], cursor: null, complete: true },
  };
  const browser = createContext({
    AbortController,
    AbortSignal,
    TextEncoder,
    URL,
    clearTimeout,
    crypto: { getRandomValues: crypto.getRandomValues.bind(crypto) },
    fetch: async (url: string) => {
      sent.push(new URL(url).pathname);
      return new Response(JSON.stringify(answers[url.split("/").at(-1) ?? ""] ?? { accepted: 1 }));
    },
    setTimeout,
  });
  runInContext(text, browser);
  const { connect } = runInContext("fanfold", browser) as {
    connect: (options: ConnectOptions) => Client;
  };

  const { signal } = new AbortController();
  const client = connect({ ingressUrl: "http://a" });
  const job = await client.submit({ jobId: "j", action: "echo", open: true }, { signal });
  await job.append([1, 2], { signal });
  await job.seal();
  const outcome = await job.outcome({ signal });
  const outcomes: unknown[] = [];
  for await (const one of job.results()) outcomes.push(one);

  expect(outcome).toMatchObject({ status: "SUCCEEDED" });
  expect(outcomes).toHaveLength(1);
  expect(sent).toEqual(
    ["submit", "append", "seal", "outcome", "results"].map((h) => `/Job/j/${h}`),
  );
});
