import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toldOf } from "../../chaos/support/run-log.ts";
import { docker, LABEL, run } from "./docker.ts";

export type Compose = Awaited<ReturnType<typeof startCompose>>;

/** Everything that `up` starts of docker-compose.yml, with the tests' own actions; it is ready for jobs. */
export async function startCompose(
  profile: "single" | "cluster",
  settings: Readonly<Record<string, string>>,
) {
  const program = await composeProgram();
  const folder = mkdtempSync(join(tmpdir(), "containers-"));
  // Whoever a container's user is.
  chmodSync(folder, 0o777);
  const files = ["docker-compose.yml", "test/containers/fixtures/compose.yml"];
  const options = [
    `--project-name=${LABEL}`,
    ...files.map((file) => `--file=${file}`),
    // By default .env says so.
    ...(profile === "single" ? [] : [`--profile=${profile}`]),
  ];
  const env = {
    ...process.env,
    FANFOLD_TEST_DIR: folder,
    FANFOLD_SAMPLES: "1",
    FANFOLD_ACTIONS: "actions/actions.ts",
    FANFOLD_ACTIONS_DIR: "./test/containers/fixtures",
    ...settings,
  };
  const compose = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    run([...program, ...options, ...args], { ...env, ...more });
  const containerOf = (service: string) =>
    docker("ps", "--all", "--quiet", ...labels({ project: LABEL, service, oneoff: "False" }));
  const down = async () => {
    await compose(["down", "--volumes", "--remove-orphans", "--timeout", "5"]);
    rmSync(folder, { recursive: true });
  };

  try {
    await compose(["up", "--detach", "--no-build"]);
    const exitCode = await docker("wait", await containerOf("register"));
    if (exitCode !== "0") throw new Error(await compose(["logs"]));
  } catch (error) {
    await down();
    throw error;
  }

  return {
    compose,
    containerOf,
    down,
    /** Of which ends of a job an action was told. */
    told: (jobId: string) => toldOf(join(folder, "told"), jobId),
    /** Runs a command in a service's container; the answer is what it prints. */
    exec: async (service: string, ...command: string[]) =>
      docker("exec", await containerOf(service), ...command),
    /** Ends a service's container by SIGKILL; nothing starts it again. */
    kill: async (service: string) => docker("kill", await containerOf(service)),
  };
}

// --- internal ---

function labels(values: Readonly<Record<string, string>>): string[] {
  return Object.entries(values).map(
    ([name, value]) => `--filter=label=com.docker.compose.${name}=${value}`,
  );
}

/** Of the two that there are, the newer if it is there. */
async function composeProgram(): Promise<string[]> {
  return docker("compose", "version").then(
    () => ["docker", "compose"],
    () => ["docker-compose"],
  );
}
