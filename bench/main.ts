// npm run bench -- [--only <section>]... [--quick] [--json]
import "../services/node-version.ts";
import type { Figure } from "./figure.ts";
import { Ingress } from "./ingress.ts";
import { readOptions, type Options } from "./options.ts";
import { watchOthers } from "./processor-time.ts";
import { exitCode, renderJson, renderTable, type Report } from "./report.ts";
import { beside } from "./sections/beside.ts";
import { calls } from "./sections/calls.ts";
import { cancel } from "./sections/cancel.ts";
import { checkout } from "./sections/checkout.ts";
import { futures } from "./sections/futures.ts";
import { judged } from "./sections/judged.ts";
import { latency } from "./sections/latency.ts";
import { list } from "./sections/list.ts";
import { million } from "./sections/million.ts";
import { noop } from "./sections/noop.ts";
import { rate } from "./sections/rate.ts";
import type { Section } from "./sections/section.ts";
import { submits } from "./sections/submits.ts";
import { waiting } from "./sections/waiting.ts";
import { watchers } from "./sections/watchers.ts";
import { startServers, type Servers } from "./servers.ts";

const sections: readonly Section[] = [
  latency,
  noop,
  judged,
  waiting,
  calls,
  million,
  beside,
  cancel,
  rate,
  futures,
  checkout,
  submits,
  list,
  watchers,
];

try {
  const names = sections.map(({ name }) => name);
  const options = readOptions(process.argv.slice(2), names);
  const report = await bench(options);
  process.stdout.write(`${options.json ? renderJson(report) : renderTable(report)}\n`);
  process.exitCode = exitCode(report);
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exitCode = 1;
}

// --- internal ---

async function bench({ only, quick }: Options): Promise<Report> {
  const figures: Figure[] = [];
  const failures: { section: string; message: string }[] = [];
  const repeats = (full: number) => (quick ? Math.ceil(full / 3) : full);
  const servers = await startServers();
  try {
    for (const section of sections) {
      if (only.length > 0 && !only.includes(section.name)) continue;
      process.stderr.write(`${section.name} …\n`);
      const others = watchOthers(servers.pids);
      try {
        figures.push(...(await measure(section, servers, repeats)));
      } catch (error) {
        failures.push({ section: section.name, message: messageOf(error) });
      }
      const name = `${section.name}: taken by other processes`;
      figures.push({ name, value: others(), unit: "%", target: { atMost: 10 } });
    }
  } finally {
    await servers.stop();
  }
  return { figures, failures };
}

async function measure(
  { measure, withinMs }: Section,
  { ingressUrl, fanfoldPid }: Servers,
  repeats: (full: number) => number,
): Promise<Figure[]> {
  const ingress = new Ingress(ingressUrl, AbortSignal.timeout(withinMs));
  const figures = await measure({ ingress, fanfoldPid, repeats });
  await ingress.purge();
  return figures;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause ? `${error.message} (${messageOf(error.cause)})` : error.message;
}
