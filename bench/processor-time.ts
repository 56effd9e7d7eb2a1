import { readFileSync } from "node:fs";

/**
 * Watches how much of the machine goes to processes other than these (Linux), or is held back from a
 * virtual machine: what then is measured is not worth much. Answers in percent.
 */
export function watchOthers(pids: () => readonly number[]): () => number {
  const before = processorTime(pids());
  return () => {
    const after = processorTime(pids());
    const others = after.busy - before.busy - (after.own - before.own);
    return (100 * Math.max(0, others)) / (after.all - before.all);
  };
}

// --- internal ---

/** In ticks of the kernel. */
function processorTime(pids: readonly number[]): { all: number; busy: number; own: number } {
  const [line = ""] = readFileSync("/proc/stat", "utf8").split("\n");
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    line.split(/\s+/).slice(1).map(Number);
  const busy = user + nice + system + irq + softirq + steal;
  const own = pids.map(ticksOf).reduce((sum, ticks) => sum + ticks, 0);
  return { all: busy + idle + iowait, busy, own };
}

/** User and system time of `/proc/<pid>/stat`, counted from behind the command in parentheses. */
function ticksOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
