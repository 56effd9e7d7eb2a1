import { createServer, type Server } from "node:net";

export type PortName = "ingress" | "admin" | "node" | "endpoint";

/**
 * Finds a port for every name: the wanted one, or a free one where it is 0 or undefined. Throws one
 * clear sentence when a wanted port is taken.
 */
export async function claimPorts<Name extends PortName>(
  wanted: Record<Name, number | undefined>,
): Promise<Record<Name, number>> {
  const claims: { name: Name; port: number; server: Server }[] = [];
  try {
    for (const name of Object.keys(wanted) as Name[]) {
      claims.push({ name, ...(await claim(name, wanted[name])) });
    }
  } finally {
    // All were held at once, so that no two are equal.
    for (const { server } of claims) await closed(server);
  }
  return Object.fromEntries(claims.map(({ name, port }) => [name, port])) as Record<Name, number>;
}

// --- internal ---

const variables: Record<PortName, string> = {
  ingress: "FANFOLD_INGRESS_PORT",
  admin: "FANFOLD_ADMIN_PORT",
  node: "FANFOLD_NODE_PORT",
  endpoint: "FANFOLD_ENDPOINT_PORT",
};

/** From 32768 on, an outgoing connection may sit on a port at any time. */
const freeRange = { from: 20_000, to: 32_767 };

async function claim(name: PortName, wanted = 0): Promise<{ port: number; server: Server }> {
  for (let tries = 1; ; tries++) {
    const port = wanted || randomPort();
    try {
      return { port, server: await listen(port) };
    } catch (error) {
      if (wanted) throw unusable(name, port, error);
      if (tries === 100) throw new Error("No free port was found", { cause: error });
    }
  }
}

function randomPort(): number {
  return freeRange.from + Math.floor(Math.random() * (freeRange.to - freeRange.from + 1));
}

function unusable(name: PortName, port: number, cause: unknown): Error {
  const why =
    (cause as NodeJS.ErrnoException).code === "EADDRINUSE" ? "is taken" : "cannot be listened on";
  return new Error(`Port ${port} (${name}) ${why}: set ${variables[name]} to a free one.`, {
    cause,
  });
}

function listen(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
