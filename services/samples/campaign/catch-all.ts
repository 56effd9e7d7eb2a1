import { once } from "node:events";
import { extname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { MailCounts } from "./catch-all-server.ts";

export interface CatchAll {
  /** `smtp://127.0.0.1:port` */
  readonly url: string;
  counts(): Promise<MailCounts>;
  stop(): Promise<void>;
}

/** Starts a local SMTP server that takes and counts every mail. */
export async function startCatchAll(): Promise<CatchAll> {
  const entry = join(import.meta.dirname, `catch-all-server${extname(import.meta.filename)}`);
  const worker = new Worker(entry, { execArgv: [] });
  const [port] = (await once(worker, "message")) as [number];
  return {
    url: `smtp://127.0.0.1:${port}`,
    async counts() {
      const answer = once(worker, "message") as Promise<[MailCounts]>;
      worker.postMessage("counts");
      return (await answer)[0];
    },
    async stop() {
      await worker.terminate();
    },
  };
}
