import type { RestatePromise, TerminalError } from "@restatedev/restate-sdk";
import { setImmediate } from "node:timers/promises";

/** A future that the test settles. */
export interface HeldFuture<Value> {
  readonly future: RestatePromise<Value>;
  readonly succeed: (value: Value) => void;
  readonly fail: (error: TerminalError) => void;
}

export function heldFuture<Value = string>(): HeldFuture<Value> {
  const { promise, resolve, reject } = Promise.withResolvers<Value>();
  promise.catch(() => undefined);
  return { future: futureOf(() => promise), succeed: resolve, fail: reject };
}

/** For `vi.mock`: the SDK's combinators over futures that need no server. */
export const fakeCombinators = {
  isRestatePromise: (value: unknown) => value instanceof FakeFuture,
  RestatePromise: {
    resolve: <Value>(value: Value) => futureOf(() => Promise.resolve(value)),
    reject: (error: TerminalError) => futureOf(() => Promise.reject(error)),
    all: (futures: readonly Promise<unknown>[]) => futureOf(() => Promise.all(futures)),
    race: (futures: readonly Promise<unknown>[]) => {
      looks.push(futures.length);
      return futureOf(() => Promise.race(futures));
    },
  },
};

/** How many futures each race looked at. */
export const looks: number[] = [];

/** Lets everything that can go on go on. */
export const settle = () => setImmediate();

// --- internal ---

/** As in the SDK a mapper runs once, when somebody awaits what it maps. */
class FakeFuture<Value> implements PromiseLike<Value> {
  readonly #start: () => Promise<Value>;
  #started: Promise<Value> | undefined;

  constructor(start: () => Promise<Value>) {
    this.#start = start;
  }

  map<Mapped>(mapper: (value?: Value, error?: TerminalError) => Mapped): RestatePromise<Mapped> {
    return futureOf(() => this.#promise.then(mapper, (error) => mapper(undefined, error)));
  }

  // oxlint-disable-next-line unicorn/no-thenable -- awaited like the real ones
  then<A, B>(
    onSuccess?: ((value: Value) => A | PromiseLike<A>) | null,
    onFailure?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise.then(onSuccess, onFailure) as Promise<A | B>;
  }

  get #promise(): Promise<Value> {
    return (this.#started ??= this.#start());
  }
}

function futureOf<Value>(start: () => Promise<Value>): RestatePromise<Value> {
  return new FakeFuture(start) as unknown as RestatePromise<Value>;
}
