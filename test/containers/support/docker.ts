import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** Runs a command; the answer is what it prints. It throws with what it says of its failure. */
export async function run(
  [command = "", ...args]: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { env, maxBuffer: 64 * MIB });
  return stdout.trim();
}

export const docker = (...args: string[]): Promise<string> => run(["docker", ...args]);

/** By which `test/containers/run` finds what a test that was killed has left. */
export const LABEL = "fanfold-test";

// --- internal ---

const MIB = 1024 * 1024;
