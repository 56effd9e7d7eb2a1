import "../../services/node-version.ts";
import { access } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { startFanfold, type Fanfold } from "../../services/embedded/fanfold.ts";

const { env } = process;

let stopping: NodeJS.Signals | undefined;
const stopped = new Promise<void>((resolveStopped) => {
  // npm passes on a signal that the terminal has sent already: the second changes nothing.
  const stop = (signal: NodeJS.Signals) => {
    stopping ??= signal;
    resolveStopped();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
});

try {
  await run(await start());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();

// --- internal ---

async function start(): Promise<Fanfold> {
  const modules = process.argv.slice(2);
  for (const path of modules) {
    await access(path).catch(() => {
      throw new Error(`There is no file "${path}" to take actions from.`);
    });
  }
  const dataDir = resolve(env["FANFOLD_DATA_DIR"] ?? ".fanfold");
  const publicUrl = env["FANFOLD_PUBLIC_URL"];
  return startFanfold({
    dataDir,
    logFile: join(dataDir, "restate-server.log"),
    ports: {
      ingress: port("FANFOLD_INGRESS_PORT", 8080),
      admin: port("FANFOLD_ADMIN_PORT", 9070),
      node: port("FANFOLD_NODE_PORT", 5122),
    },
    endpointPort: port("FANFOLD_ENDPOINT_PORT", 9080),
    samples: true,
    workerEnv: { FANFOLD_ACTIONS: modules.map((path) => resolve(path)).join(delimiter) },
    ...(publicUrl ? { publicUrl } : {}),
  });
}

async function run(fanfold: Fanfold): Promise<void> {
  const { ingressUrl, adminUrl, endpointUrl, server } = fanfold;
  if (!stopping) {
    process.stdout.write(
      `Fanfold is ready: ingress ${ingressUrl}, admin ${adminUrl}, endpoint ${endpointUrl}\n`,
    );
  }
  await Promise.race([stopped, server.exited]);
  await fanfold.stop();
  if (!stopping) throw new Error("The Restate server ended by itself: see restate-server.log.");
  process.exitCode = stopping === "SIGINT" ? 130 : 0;
}

function port(variable: string, byDefault: number): number {
  const value = env[variable];
  if (!value) return byDefault;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new RangeError(`${variable} must be a port number from 0 to 65535, got "${value}".`);
}
