import { readFileSync } from "node:fs";

/**
 * Whether a process runs. A zombie does not: its parent may take long to collect it, and until then
 * a signal still finds it.
 */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return stateLetter(pid) !== "Z";
}

// --- internal ---

/** The state of `/proc/<pid>/stat`, which follows the command in parentheses. Linux only. */
function stateLetter(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat[stat.lastIndexOf(")") + 2];
  } catch {
    return undefined;
  }
}
