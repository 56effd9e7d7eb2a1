import { RestatePromise, type Context } from "@restatedev/restate-sdk";
import { hearDirective } from "../wire/calls.ts";
import { newest, type Directive } from "./directive.ts";

/**
 * Hears what the job says to this chunk while a step is awaited. A directive that comes between such steps
 * is heard by the next one; a later one may stand in its place.
 */
export class Control {
  readonly #ctx: Context;
  readonly #stopped = new AbortController();
  #next: RestatePromise<Directive>;
  #directive: Directive | null = null;

  constructor(ctx: Context) {
    this.#ctx = ctx;
    this.#next = hearDirective(ctx);
  }

  /** The newest; null: none has come. */
  get directive(): Directive | null {
    return this.#directive;
  }

  /** Aborted by a stop. */
  get stopped(): AbortSignal {
    return this.#stopped.signal;
  }

  /** Awaits a step, and calls `heard` for each directive that comes before its end. */
  async during<Value>(
    step: RestatePromise<Value>,
    heard: (directive: Directive) => void = () => undefined,
  ): Promise<Value> {
    // Not its value: what was raced against the next directive is kept until that comes.
    const ended = step.map(() => null);
    let directive = await RestatePromise.race([ended, this.#next]);
    while (directive !== null) {
      this.#next = hearDirective(this.#ctx);
      this.#directive = newest(this.#directive, directive);
      if (this.#directive.type === "stop") this.#stopped.abort();
      heard(this.#directive);
      directive = await RestatePromise.race([ended, this.#next]);
    }
    return step;
  }
}
