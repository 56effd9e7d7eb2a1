import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterAll } from "vitest";

/** Whether the connection is lost in the midst of a request, or before an answer of a call that was made. */
export type Loses = (what: "request" | "answer", number: number) => boolean;

/** A way to a server of 127.0.0.1 on which connections are lost. It ends after the file's last test. */
export async function startCutProxy(targetUrl: string) {
  const target = Number(new URL(targetUrl).port);
  const open = new Set<Socket>();
  const counts = { request: 0, answer: 0 };
  let loses: Loses = () => false;
  const isLost = (what: keyof typeof counts) => loses(what, (counts[what] += 1));

  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    near.on("data", (data) => {
      far.write(data);
      if (data.subarray(0, 5).toString() === "POST " && isLost("request")) near.destroy();
    });
    far.on("data", (data) => {
      if (data.subarray(0, 5).toString() === "HTTP/" && isLost("answer")) near.destroy();
      else near.write(data);
    });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;

  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  /** Cuts every connection and takes no new one. */
  const goAway = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      cut();
    });
  afterAll(() => (server.listening ? goAway() : undefined));

  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    goAway,
    comeBack: () => listen(port),
    answers: () => counts.answer,
    /** From now on; counts begin anew. */
    lose: (choose: Loses) => {
      counts.request = 0;
      counts.answer = 0;
      loses = choose;
    },
  };
}
