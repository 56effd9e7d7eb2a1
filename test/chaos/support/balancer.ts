import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { answers } from "../../../services/embedded/poll.ts";

/** One address for several workers: each connection goes to the first of them that says it is well. */
export async function startBalancer(workers: readonly { url: string; port: number }[]) {
  const sockets = new Set<Socket>();
  const firstWell = async () => {
    for (const { url, port } of workers) if (await answers(`${url}/health`)) return port;
    return null;
  };
  const server = createServer((near) => {
    void firstWell().then((port) => {
      if (port === null) {
        near.destroy();
        return;
      }
      const far = connect(port, "127.0.0.1");
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on("error", () => undefined);
        socket.on("close", () => {
          sockets.delete(socket);
          other.destroy();
        });
        socket.pipe(other);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
