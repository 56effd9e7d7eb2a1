// node services/register-worker.ts <address of a worker>
// Makes a worker known to a Restate server; both may still be starting. Ends when jobs can be submitted.
import "./node-version.ts";
import { becomesTrue } from "./embedded/poll.ts";
import { registerEndpoint } from "./embedded/register.ts";

const { env } = process;
const adminUrl = env["FANFOLD_ADMIN_URL"] || "http://127.0.0.1:9070";
const ingressUrl = env["FANFOLD_INGRESS_URL"] || "http://127.0.0.1:8080";
const patience = { withinMs: 120_000, everyMs: 250 };

const [workerUrl] = process.argv.slice(2);
if (!workerUrl) fail("Usage: node services/register-worker.ts <address of a worker>");

let refusal = "";
if (!(await becomesTrue(() => isRegistered(workerUrl), patience))) fail(refusal);
if (!(await becomesTrue(takesJobs, patience))) fail(`${ingressUrl} takes no jobs.`);
process.stdout.write(`Fanfold is ready: ingress ${env["FANFOLD_PUBLIC_URL"] || ingressUrl}\n`);

// --- internal ---

async function isRegistered(url: string): Promise<boolean> {
  try {
    await registerEndpoint(adminUrl, url);
    return true;
  } catch (error) {
    refusal = error instanceof Error ? error.message : String(error);
    return false;
  }
}

/** A server says that it is healthy some time before its partitions serve; a job that is not there is found missing. */
async function takesJobs(): Promise<boolean> {
  try {
    const response = await fetch(`${ingressUrl}/Job/none/status`, {
      signal: AbortSignal.timeout(2_000),
    });
    return (await response.text()).includes("JOB_NOT_FOUND");
  } catch {
    return false;
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
