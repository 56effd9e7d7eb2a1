export type ServerPorts = {
  readonly ingress: number;
  readonly admin: number;
  readonly node: number;
};

/**
 * The environment of an embedded server: a laptop's sizes, these ports, and nothing that the parent
 * sets for a server of its own, or for workers: their secrets are none of its business.
 */
export function serverEnvironment(
  parent: NodeJS.ProcessEnv,
  ports: ServerPorts,
  overrides: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  const inherited = Object.entries(parent).filter(
    ([name]) => !/^(RESTATE|FANFOLD)_/.test(name) && name !== "NODE_OPTIONS",
  );
  return {
    ...Object.fromEntries(inherited),
    ...laptopSizes,
    // By default the host's name, which changes on a laptop; kept data must be found again.
    RESTATE_NODE_NAME: "fanfold",
    RESTATE_BIND_IP: "127.0.0.1",
    RESTATE_LISTEN_MODE: "tcp",
    RESTATE_DISABLE_TELEMETRY: "true",
    RESTATE_LOG_DISABLE_ANSI_CODES: "true",
    ...listener("RESTATE_", ports.node),
    ...listener("RESTATE_INGRESS__", ports.ingress),
    ...listener("RESTATE_ADMIN__", ports.admin),
    ...(parent["FANFOLD_TEST_SUSPEND"] === "1" ? suspendAtOnce : {}),
    ...overrides,
  };
}

// --- internal ---

/** The number of partitions is fixed when the data folder is first used. */
const laptopSizes = {
  RESTATE_DEFAULT_NUM_PARTITIONS: "8",
  RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: "512 MiB",
  RESTATE_ADMIN__QUERY_ENGINE__MEMORY_SIZE: "128 MiB",
  RESTATE_WORKER__INVOKER__MEMORY_LIMIT: "512 MiB",
  RESTATE_BIFROST__RECORD_CACHE_MEMORY_SIZE: "64 MiB",
};

/** Every suspension of a handler is then replayed, which finds nondeterminism. */
const suspendAtOnce = { RESTATE_WORKER__INVOKER__INACTIVITY_TIMEOUT: "0s" };

function listener(prefix: string, port: number): Record<string, string> {
  return {
    [`${prefix}BIND_PORT`]: String(port),
    [`${prefix}ADVERTISED_ADDRESS`]: `http://127.0.0.1:${port}/`,
  };
}
