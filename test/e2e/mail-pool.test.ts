import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterEach, describe, expect, it } from "vitest";
import { MailPool } from "../../services/samples/campaign/mail-pool.ts";

const never = new AbortController().signal;
let servers: SMTPServer[] = [];

afterEach(() => {
  for (const server of servers) server.close();
  servers = [];
});

async function mailServer(
  options: SMTPServerOptions,
): Promise<{ url: string; server: SMTPServer }> {
  const server = new SMTPServer({
    disabledCommands: ["AUTH", "STARTTLS"],
    closeTimeout: 1,
    ...options,
  });
  server.on("error", () => undefined);
  servers.push(server);
  const listener = server.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return { url: `smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`, server };
}

function mail(to: string, text = "Hello") {
  return { from: "a@example.org", to, message: `Subject: Test\r\n\r\n${text}\r\n` };
}

describe("MailPool", () => {
  it("sends what it is given, over a few connections", async () => {
    const received: string[] = [];
    let connections = 0;
    const { url } = await mailServer({
      onConnect: (_session, callback) => callback((connections++, null)),
      onData: (stream, { envelope }, callback) => {
        let text = "";
        stream.on("data", (chunk) => (text += chunk));
        stream.once("end", () => {
          received.push(`${envelope.rcptTo[0]?.address} ${text.split("\r\n").slice(2).join("|")}`);
          callback();
        });
      },
    });
    const pool = new MailPool(url, { size: 2 });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => pool.send(mail(`${i}@example.org`, `.né ${i}`), never)),
    );
    expect(received).toHaveLength(20);
    expect(received).toContain("7@example.org .né 7|");
    expect(connections).toBe(2);
  });

  it("says when the server refuses a mail for good, and goes on", async () => {
    const { url } = await mailServer({
      onRcptTo: ({ address }, _session, callback) => {
        const error = Object.assign(new Error("No such user"), { responseCode: 550 });
        callback(address === "nobody@example.org" ? error : null);
      },
    });
    const pool = new MailPool(url, { size: 1 });
    await expect(pool.send(mail("nobody@example.org"), never)).rejects.toMatchObject({
      permanent: true,
    });
    await pool.send(mail("somebody@example.org"), never);
  });

  it("opens a new connection for the one that the server has closed", async () => {
    const { url, server } = await mailServer({});
    const pool = new MailPool(url, { size: 1 });
    await pool.send(mail("a@example.org"), never);
    const [connection] = server.connections;
    connection?.close();
    // Until it has heard of that, a mail may fail: its task is then tried again.
    const send = () => pool.send(mail("b@example.org"), never);
    await expect.poll(() => send().then(() => "sent", String)).toBe("sent");
  });

  it("gives up what is aborted, waiting or on its way, and goes on", async () => {
    let isStuck = true;
    const { url } = await mailServer({
      onMailFrom: (_address, _session, callback) => {
        if (!isStuck) callback();
      },
    });
    const pool = new MailPool(url, { size: 1 });
    const abort = new AbortController();
    const sent = Promise.allSettled([
      pool.send(mail("a@example.org"), abort.signal),
      pool.send(mail("b@example.org"), abort.signal),
    ]);
    setTimeout(() => abort.abort(new Error("enough")), 50);
    expect(await sent).toMatchObject([
      { reason: { message: "enough" } },
      { reason: { message: "enough" } },
    ]);
    isStuck = false;
    await pool.send(mail("c@example.org"), never);
  });

  it("reports a server that is not there", async () => {
    const { url, server } = await mailServer({});
    await new Promise<void>((resolve) => server.close(resolve));
    await expect(new MailPool(url).send(mail("a@example.org"), never)).rejects.toMatchObject({
      originalCode: "ECONNREFUSED",
    });
  });

  it("refuses an address that is no SMTP server's", () => {
    expect(() => new MailPool("http://127.0.0.1")).toThrow('expected smtp://host:port, got "http');
  });
});
