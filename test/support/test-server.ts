import { startRestate, type RestateServer } from "../../services/embedded/server.ts";

/** What a test knows of its server. */
export type TestServer = Pick<RestateServer, "ingressUrl" | "adminUrl" | "identityKey" | "stop">;

/**
 * A server of the test's own: embedded, or in a container of the same kind if FANFOLD_TEST_SERVER says so. `serverEnv`
 * are more of its environment.
 */
export async function startTestServer(
  serverEnv: Readonly<Record<string, string>> = {},
): Promise<TestServer> {
  const env = { ...FAST, ...serverEnv };
  if (process.env["FANFOLD_TEST_SERVER"] !== "container") return startRestate({ env });
  const { startServerContainer } = await import("../containers/support/server-container.ts");
  return startServerContainer(env);
}

// --- internal ---

/** A test that loses power loses nothing. */
const FAST = { RESTATE_LOG_SERVER__ROCKSDB_DISABLE_WAL_FSYNC: "true" };
