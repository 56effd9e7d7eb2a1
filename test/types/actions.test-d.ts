import { describe, expectTypeOf, it } from "vitest";
import { z } from "zod";
import {
  action,
  emit,
  RetryableError,
  TerminalError,
  type Action,
  type AnyAction,
  type Emitted,
} from "../../services/actions.ts";
import type { Task } from "../../services/contract/task.ts";

const Mail = z.object({ to: z.string(), copies: z.number().default(1) });
const Sent = z.object({ messageId: z.string() });

describe("action", () => {
  it("gives run the input that its schema has read", () => {
    action({
      name: "send",
      input: Mail,
      run: (task) => {
        expectTypeOf(task).toEqualTypeOf<Task<{ to: string; copies: number }>>();
        expectTypeOf(task.input.copies).toEqualTypeOf<number>();
        return null;
      },
    });
  });

  it("gives run an unknown input without a schema", () => {
    action({
      name: "send",
      run: (task) => {
        expectTypeOf(task.input).toEqualTypeOf<unknown>();
        return null;
      },
    });
  });

  it("hands run a signal, a log and a way to say how far it is", () => {
    action({
      name: "send",
      run: (_, { signal, log, progress }) => {
        expectTypeOf(progress).toEqualTypeOf<(text: string) => void>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        expectTypeOf(log).toEqualTypeOf<(message: string) => void>();
        return null;
      },
    });
  });

  it("infers what it was given", () => {
    const send = action({
      name: "send",
      input: Mail,
      output: Sent,
      run: async () => ({ messageId: "1" }),
    });
    expectTypeOf(send).toEqualTypeOf<
      Action<
        { to: string; copies: number },
        { messageId: string },
        { to: string; copies?: number | undefined }
      >
    >();
    expectTypeOf(send).toExtend<AnyAction>();
  });

  it("infers the output of a run without schema", () => {
    const count = action({ name: "count", run: async () => 1 });
    expectTypeOf(count).toEqualTypeOf<Action<unknown, number>>();
  });

  it("takes a result, a promise of one, or an emission", () => {
    const common = { name: "send", output: Sent };
    action({ ...common, run: () => ({ messageId: "1" }) });
    action({ ...common, run: async () => ({ messageId: "1" }) });
    action({ ...common, run: () => emit({ messageId: "1" }, { tasks: 2 }) });
    action({ ...common, run: async () => emit({ messageId: "1" }, null) });
  });

  it("refuses a result that does not fit its schema", () => {
    // @ts-expect-error messageId is a string
    action({ name: "send", output: Sent, run: () => ({ messageId: 1 }) });
    // @ts-expect-error also in a promise
    action({ name: "send", output: Sent, run: async () => ({}) });
    // @ts-expect-error also in an emission
    action({ name: "send", output: Sent, run: () => emit({ id: "1" }, null) });
  });

  it("refuses to read what the input has not", () => {
    // @ts-expect-error there is no subject
    action({ name: "send", input: Mail, run: (task) => task.input.subject });
    // @ts-expect-error an unknown input has no fields
    action({ name: "send", run: (task) => task.input.to });
  });

  it("refuses options that are wrong or unknown", () => {
    const run = () => null;
    // @ts-expect-error a name is required
    action({ run });
    // @ts-expect-error run is required
    action({ name: "send" });
    // @ts-expect-error durability is "group" or "task"
    action({ name: "send", run, durability: "chunk" });
    // @ts-expect-error there is no such option
    action({ name: "send", run, concurrency: 5 });
    // @ts-expect-error there is no such option
    action({ name: "send", run, retry: { attempts: 3 } });
  });
});

describe("emit", () => {
  it("keeps the type of the result", () => {
    expectTypeOf(emit({ sent: 1 }, { tasks: 1 })).toEqualTypeOf<Emitted<{ sent: number }>>();
    expectTypeOf(emit("done", null)).toEqualTypeOf<Emitted<string>>();
  });

  it("takes every kind of fan-out whose tasks are known", () => {
    emit(1, { tasks: 3 });
    emit(1, { foreach: { items: [1, "a"], as: "row", batch: 10 } });
    emit(1, { range: { start: 1, stop: 9, step: 2 } });
  });

  it("refuses what is no such fan-out", () => {
    // @ts-expect-error a fan-out or null must be said
    emit(1);
    // @ts-expect-error a source is for submit only
    emit(1, { from: { action: "pages" } });
    // @ts-expect-error items are a list
    emit(1, { foreach: { items: 5 } });
    // @ts-expect-error a range has an end
    emit(1, { range: { start: 1 } });
    // @ts-expect-error there is no such kind
    emit(1, { many: 3 });
  });
});

describe("errors", () => {
  it("take what the contract knows of them", () => {
    expectTypeOf(new TerminalError("no", { code: "NO" }).code).toEqualTypeOf<string | undefined>();
    new RetryableError("busy", { retryAfter: "2s" });
    new RetryableError("busy", { retryAfter: 250, code: "BUSY", cause: new Error("x") });
    // @ts-expect-error a terminal error is not tried again
    new TerminalError("no", { retryAfter: "2s" });
    // @ts-expect-error codes are texts
    new TerminalError("no", { code: 404 });
    // @ts-expect-error a duration is a text or a number
    new RetryableError("busy", { retryAfter: { seconds: 5 } });
  });
});
