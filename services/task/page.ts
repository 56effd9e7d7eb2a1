import { z } from "zod";
import { emit, TerminalError, type AnyAction, type Emitted } from "../actions.ts";
import { LIMITS } from "../contract/limits.ts";
import type { Task } from "../contract/task.ts";
import { storeResult, thrownFailure, type AttemptResult } from "./executor/attempt-result.ts";
import { jsonText } from "./executor/json-text.ts";
import { readThrown } from "./executor/thrown.ts";

/** The action of a source as tasks run it: the items of a page are passed on, its result is the next cursor. */
export function pageAction({ output, ...action }: AnyAction, as: string): AnyAction {
  return {
    ...action,
    run: async (task, context) => {
      const returned = await action.run(task, context);
      return pageEmission(output ? read(output, returned) : returned, as);
    },
  };
}

/** What an answer of a source passes on. Throws what is wrong with it: asked again it would be the same. */
export function pageEmission(answer: unknown, as: string): Emitted<unknown> {
  const { items, cursor } = checkCursor(read(Page, answer));
  return emit(cursor, { foreach: { as, items } });
}

/** What is stored of an answer of a source that came by a call. */
export function storePage(answer: unknown, as: string, task: Task): AttemptResult {
  try {
    return storeResult({}, pageEmission(answer, as), task);
  } catch (thrown) {
    return thrownFailure(thrown);
  }
}

/** A page as a durable action answers it, checked where its schema is known. */
export function pageText({ output }: Pick<AnyAction, "output">, returned: unknown): string {
  const page = read(Page, output ? read(output, returned) : returned);
  checkCursor(page);
  const json = written(page);
  const bytes = Buffer.byteLength(json);
  // An answer that the platform does not carry would be tried again for ever.
  if (bytes > LIMITS.emissionBytes + LIMITS.cursorBytes) {
    const message = `The page has ${bytes} bytes, its items at most ${LIMITS.emissionBytes}.`;
    throw new TerminalError(message, { code: "FANOUT_TOO_LARGE" });
  }
  return json;
}

// --- internal ---

const Page = z.object({
  items: z.array(z.unknown()),
  cursor: z.unknown().refine((cursor) => cursor !== undefined, {
    error: "is missing; it is null after the last page",
  }),
});

function written(page: z.infer<typeof Page>): string {
  try {
    return JSON.stringify(page);
  } catch (thrown) {
    throw new TerminalError(readThrown(thrown).message, { code: "UNSERIALISABLE" });
  }
}

function read<Value>(schema: z.ZodType<Value>, answer: unknown): Value {
  const { data, error } = schema.safeParse(answer);
  if (!error) return data;
  const [issue] = error.issues;
  throw invalid(`${issue?.path.join(".") || "(whole)"}: ${issue?.message}`);
}

function invalid(what: string): TerminalError {
  const message = `A page must be { "items": [ … ], "cursor": … }: ${what}`;
  return new TerminalError(message, { code: "INVALID_OUTPUT" });
}

function checkCursor(page: z.infer<typeof Page>): z.infer<typeof Page> {
  const { cursor } = page;
  const stored = jsonText(cursor, "The cursor");
  if (!("json" in stored)) throw new TerminalError(stored.message, { code: stored.code });
  const bytes = Buffer.byteLength(stored.json);
  if (bytes > LIMITS.cursorBytes) {
    const message = `The cursor has ${bytes} bytes, at most ${LIMITS.cursorBytes}.`;
    throw new TerminalError(message, { code: "RESULT_TOO_LARGE" });
  }
  // What JSON cannot say, such as NaN, must not end the source.
  if (cursor !== null && stored.json === "null") throw invalid("cursor: must be JSON");
  return page;
}
