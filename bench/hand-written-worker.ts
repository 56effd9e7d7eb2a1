import "../services/node-version.ts";
import { checkout } from "../services/samples/checkout/checkout.ts";
import { checkoutSteps } from "../services/samples/checkout/steps.ts";
import { futures } from "./futures.ts";
import { handWritten, slice, slicedCalls, task } from "./hand-written.ts";
import { serve } from "./serve.ts";

await serve([handWritten, slice, slicedCalls, task, futures, checkout, checkoutSteps]);
