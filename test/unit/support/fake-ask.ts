import type { Ask } from "../../../clients/client/ask.ts";

export interface Asked {
  readonly handler: string;
  readonly request: unknown;
}

/** Answers by a function; what it throws is the refusal. Remembers what was asked. */
export function fakeAsk(answers: (handler: string, request: never, call: number) => unknown) {
  const asked: Asked[] = [];
  const ask: Ask = async (handler, { body, signal } = {}) => {
    signal?.throwIfAborted();
    const request = body === undefined ? undefined : (JSON.parse(body) as unknown);
    asked.push({ handler, request });
    return answers(handler, request as never, asked.length) as never;
  };
  return { ask, asked };
}
