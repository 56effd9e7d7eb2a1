import { z } from "zod";
import { emit, TerminalError, type AnyAction, type Emitted } from "../actions.ts";
import { LIMITS } from "../contract/limits.ts";
import { jsonText } from "./executor/json-text.ts";

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
  const { items, cursor } = read(Page, answer);
  const stored = jsonText(cursor, "The cursor");
  if (!("json" in stored)) throw new TerminalError(stored.message, { code: stored.code });
  const bytes = Buffer.byteLength(stored.json);
  if (bytes > LIMITS.cursorBytes) {
    const message = `The cursor has ${bytes} bytes, at most ${LIMITS.cursorBytes}.`;
    throw new TerminalError(message, { code: "RESULT_TOO_LARGE" });
  }
  // What JSON cannot say, such as NaN, must not end the source.
  if (cursor !== null && stored.json === "null") throw invalid("cursor: must be JSON");
  return emit(cursor, { foreach: { as, items } });
}

// --- internal ---

const Page = z.object({
  items: z.array(z.unknown()),
  cursor: z.unknown().refine((cursor) => cursor !== undefined, {
    error: "is missing; it is null after the last page",
  }),
});

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
