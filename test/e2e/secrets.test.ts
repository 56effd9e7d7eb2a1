import { fork } from "node:child_process";
import { createPrivateKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { adminClient } from "../support/admin.ts";
import { eventually } from "../support/eventually.ts";
import { httpClient } from "../support/http.ts";
import { jobClient } from "../support/job-client.ts";
import { startReceiver } from "../support/webhook-receiver.ts";

/** What is looked for beside the secrets, to know that they would be found. */
const MARKER = "planted-marker-0815";

const receiver = await startReceiver();
const dataDir = mkdtempSync(join(tmpdir(), "secrets-test-"));
const webhookKey = randomBytes(32);

const fanfold = fork(join(import.meta.dirname, "..", "fixtures", "outspoken.ts"), [dataDir], {
  execArgv: [],
  env: {
    ...process.env,
    FANFOLD_WEBHOOK_ALLOW: receiver.host,
    FANFOLD_WEBHOOK_SECRET: `whsec_${webhookKey.toString("base64")}`,
  },
  stdio: ["ignore", "pipe", "pipe", "ipc"],
});
/** By it and by its worker. */
let printed = "";
for (const stream of [fanfold.stdout, fanfold.stderr]) {
  stream?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
}
const [{ ingressUrl, adminUrl, endpointUrl }] = (await once(fanfold, "message")) as [Addresses];
afterAll(async () => {
  fanfold.send("stop");
  await once(fanfold, "exit");
  rmSync(dataDir, { recursive: true });
});

const admin = adminClient(adminUrl);
const secrets = [...spellings(webhookKey), ...spellings(privateSeed())];

describe("secrets", () => {
  it("are in no state, journal or table of the server while jobs run and webhooks fail", async () => {
    await doEverything();
    const tables = await admin.query(
      "select table_name from information_schema.tables where table_schema = 'public'",
    );
    const hex = Buffer.from(MARKER).toString("hex");
    const texts: string[] = [];
    for (const { table_name: table } of tables) {
      texts.push(JSON.stringify(await admin.query(`select * from ${String(table)}`)));
    }
    expect(texts.length).toBeGreaterThan(5);
    expect(
      texts.filter((text) => text.includes(MARKER) || text.includes(hex)).length,
    ).toBeGreaterThan(1);
    expect(found(texts.map((text) => Buffer.from(text)))).toEqual([]);
  });

  it("are in no file of the data folder but the key's own", () => {
    const files = readdirSync(dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== "identity.pem")
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    expect(files.some((bytes) => bytes.includes(MARKER))).toBe(true);
    expect(found(files)).toEqual([]);
  });

  it("are in no line that a process prints", async () => {
    await fetch(`${endpointUrl}/discover`);
    await eventually(async () => expect(printed).toContain("JWT did not validate"));
    const log = readFileSync(join(dataDir, "restate-server.log"));
    expect(log.toString()).toContain("publickeyv1_");
    expect(found([log, Buffer.from(printed)])).toEqual([]);
  });

  it("are in no answer of the endpoint's open pages", async () => {
    const metrics = await (await fetch(`${endpointUrl}/metrics`)).text();
    expect(metrics).toContain("fanfold_tasks_total");
    expect(found([Buffer.from(metrics)])).toEqual([]);
  });
});

// --- internal ---

interface Addresses {
  readonly ingressUrl: string;
  readonly adminUrl: string;
  readonly endpointUrl: string;
}

/** Jobs that end well and badly, one that stays open, and webhooks that arrive or are tried again. */
async function doEverything(): Promise<void> {
  const http = httpClient(ingressUrl);
  const told = receiver.path();
  const failing = receiver.path(500);
  const request = {
    action: "probe",
    payload: { item: MARKER, failIndexes: [1] },
    fanout: { tasks: 3 },
    labels: { marker: MARKER },
    onComplete: [{ webhook: told.url }, { webhook: failing.url }],
  };
  await jobClient(http, "ended").run(request);
  await jobClient(http, "open").submit({ ...request, open: true });
  expect((await told.call()).headers["webhook-signature"]).toMatch(/^v1,/);
  await failing.call();
}

/** How bytes may be written: as they are, or as one of the usual texts, be it in JSON or in hex again. */
function spellings(bytes: Buffer): Buffer[] {
  const base64 = bytes.toString("base64").replace(/=+$/, "");
  const texts = [base64, bytes.toString("base64url"), bytes.toString("hex")];
  return [
    bytes,
    ...texts.map((text) => Buffer.from(text)),
    ...texts.map((text) => Buffer.from(Buffer.from(text).toString("hex"))),
  ];
}

/** What is secret of the identity's key file. */
function privateSeed(): Buffer {
  const pem = readFileSync(join(dataDir, "identity.pem"), "utf8");
  const { d = "" } = createPrivateKey(pem).export({ format: "jwk" });
  return Buffer.from(d, "base64url");
}

function found(places: readonly Buffer[]): string[] {
  return secrets
    .filter((secret) => places.some((bytes) => bytes.includes(secret)))
    .map((secret) => secret.toString("latin1"));
}
