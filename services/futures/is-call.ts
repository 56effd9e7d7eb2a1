import type { InvocationHandle, RestatePromise } from "@restatedev/restate-sdk";

/** Whether a future is a call as it was made, which names its invocation, and not one that was mapped. */
export function isCall<Value>(
  future: RestatePromise<Value>,
): future is RestatePromise<Value> & InvocationHandle {
  return "invocationId" in future;
}
