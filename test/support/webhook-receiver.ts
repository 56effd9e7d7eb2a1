import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, vi } from "vitest";
import { Completion } from "../../services/contract/index.ts";

/** A webhook as it came in; the body is checked against the contract. */
export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly completion: Completion;
}

/** What a path answers to its first call, its second, and so on; the last answer stays. */
export type Answers = readonly (number | { readonly status: number; readonly location: string })[];

/** Takes webhooks on 127.0.0.1; each path has answers of its own. It ends after the file's last test. */
export async function startReceiver() {
  const answers = new Map<string, Answers>();
  const received = new Map<string, Received[]>();
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString();
      const calls = received.get(path) ?? [];
      received.set(path, [
        ...calls,
        { headers: request.headers, text, completion: Completion.parse(JSON.parse(text)) },
      ]);
      const given = answers.get(path) ?? [];
      const answer = given[Math.min(calls.length, given.length - 1)] ?? 204;
      if (typeof answer === "number") response.writeHead(answer).end();
      else response.writeHead(answer.status, { location: answer.location }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const host = `127.0.0.1:${port}`;
  let paths = 0;

  return {
    host,
    /** An address that nobody else uses. */
    path: (...given: Answers) => {
      const path = `/${++paths}`;
      answers.set(path, given);
      const calls = () => received.get(path) ?? [];
      return {
        url: `http://${host}${path}`,
        calls,
        /** The call after so many others. */
        call: async (at = 0): Promise<Received> =>
          vi.waitFor(() => {
            const call = calls()[at];
            if (!call) throw new Error(`${path} was called ${calls().length} times`);
            return call;
          }, PATIENCE),
      };
    },
  };
}

// --- internal ---

const PATIENCE = { timeout: 20_000, interval: 20 };
