import type { CliCommand } from "./command.ts";
import { append } from "./commands/append.ts";
import { cancel } from "./commands/cancel.ts";
import { completion } from "./commands/completion.ts";
import { demo } from "./commands/demo.ts";
import { event } from "./commands/event.ts";
import { failures } from "./commands/failures.ts";
import { limits } from "./commands/limits.ts";
import { ls } from "./commands/ls.ts";
import { pause } from "./commands/pause.ts";
import { plan } from "./commands/plan.ts";
import { purge } from "./commands/purge.ts";
import { redrive } from "./commands/redrive.ts";
import { results } from "./commands/results.ts";
import { resume } from "./commands/resume.ts";
import { seal } from "./commands/seal.ts";
import { status } from "./commands/status.ts";
import { submit } from "./commands/submit.ts";
import { timeline } from "./commands/timeline.ts";
import { up } from "./commands/up.ts";
import { verify } from "./commands/verify.ts";
import { watch } from "./commands/watch.ts";
import { why } from "./commands/why.ts";
import { worker } from "./commands/worker.ts";

/** In the order in which one comes to need them. */
export const commands: readonly CliCommand[] = [
  up,
  worker,
  demo,
  plan,
  submit,
  append,
  seal,
  ls,
  status,
  watch,
  why,
  results,
  failures,
  timeline,
  verify,
  pause,
  resume,
  limits,
  event,
  redrive,
  cancel,
  purge,
  completion,
];
