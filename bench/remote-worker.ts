import "../services/node-version.ts";
import { remoteTask } from "./hand-written.ts";
import { serve } from "./serve.ts";

await serve([remoteTask]);
