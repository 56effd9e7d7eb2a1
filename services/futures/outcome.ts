import type { RestatePromise, TerminalError } from "@restatedev/restate-sdk";

/** What became of a future. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: TerminalError };

/** For `future.map`: its value or its error, as a value. */
export function outcomeOf<Value>(value?: Value, error?: TerminalError): Outcome<Value> {
  return error ? { ok: false, error } : { ok: true, value: value as Value };
}

export type Futures = readonly RestatePromise<unknown>[];

/** One of several futures that succeeded: `index`, its place among the arguments, tells the type. */
export type Succeeded<Given extends Futures> = {
  [Place in keyof Given]: {
    readonly index: IndexOf<Place>;
    readonly ok: true;
    readonly value: Awaited<Given[Place]>;
  };
}[number];

/** One of several futures that failed. */
export type Failed<Given extends Futures> = {
  [Place in keyof Given]: {
    readonly index: IndexOf<Place>;
    readonly ok: false;
    readonly error: TerminalError;
  };
}[number];

export type Settled<Given extends Futures> = Succeeded<Given> | Failed<Given>;

/** The values of several futures, as `Promise.all` has them. */
export type Values<Given extends Futures> = {
  -readonly [Place in keyof Given]: Awaited<Given[Place]>;
};

// --- internal ---

type IndexOf<Place> = Place extends `${infer Index extends number}` ? Index : number;
