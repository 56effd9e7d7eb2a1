import { AsyncLocalStorage } from "node:async_hooks";

/** A call of code that is not ours. */
export interface UserCode {
  /** as the log names it */
  readonly name: string;
  readonly isSettled: boolean;
  /** It did what would have killed its process. */
  crash(thrown: unknown): void;
}

/** The user code that is running, also in timers and promises that it left behind. */
export const currentCode = new AsyncLocalStorage<UserCode>();
