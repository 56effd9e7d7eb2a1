import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

describe.concurrent("the audit", { timeout: 60_000 }, () => {
  it("fails on a hole that the registry knows of", async () => {
    const { code, said } = await auditBy({ status: 200, holes: [hole("high")] });
    expect(said).toContain("A hole that is high");
    expect(code).toBe(1);
  });

  it("lets lesser ones pass", async () => {
    const { code, said } = await auditBy({ status: 200, holes: [hole("moderate")] });
    expect(said).toContain("A hole that is moderate");
    expect(code).toBe(0);
  });

  it("says that a registry does not answer, which is no failure", async () => {
    const { code, said } = await auditBy({ status: 405, holes: [] });
    expect(said).toContain("405 Method Not Allowed");
    expect(said).toContain("Not audited: the registry does not answer audits.");
    expect(code).toBe(0);
  });
});

// --- internal ---

interface Hole {
  readonly title: string;
  readonly severity: string;
}

function hole(severity: string): Hole {
  return { title: `A hole that is ${severity}`, severity };
}

/** Audits with a registry that knows of these holes in zod. */
async function auditBy({ status, holes }: { status: number; holes: readonly Hole[] }) {
  const url = "https://example.com/advisory";
  const zod = holes.map((each) => ({ id: 1, url, vulnerable_versions: ">=0", ...each }));
  const versions = { "0.0.1": { name: "zod", version: "0.0.1" } };
  const packument = { name: "zod", versions, "dist-tags": { latest: "0.0.1" } };
  const registry = createServer((request, response) => {
    const isAudit = request.method === "POST";
    response.writeHead(isAudit ? status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isAudit ? { zod } : packument));
  });
  await new Promise<void>((resolve) => registry.listen(0, "127.0.0.1", resolve));
  const { port } = registry.address() as AddressInfo;
  try {
    return await audit(`http://127.0.0.1:${port}/`);
  } finally {
    registry.closeAllConnections();
    registry.close();
  }
}

function audit(registry: string): Promise<{ code: number; said: string }> {
  // npm remembers advisories.
  const cache = mkdtempSync(join(tmpdir(), "audit-"));
  const env = { ...process.env, npm_config_registry: registry, npm_config_cache: cache };
  return new Promise((resolve) => {
    execFile(join(import.meta.dirname, "../../.ci/audit"), { env }, (error, said) => {
      rmSync(cache, { recursive: true, force: true });
      resolve({ code: Number(error?.code ?? 0), said });
    });
  });
}
