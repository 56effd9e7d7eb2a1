import type { Fanout, JsonObject } from "../../services/contract/fanout.ts";
import type { Fold, NewJobRequest, Stage } from "../../services/contract/job-request.ts";
import type { ActionRef, InputOf, ResultOf } from "./action-ref.ts";
import type { Folded } from "./folded.ts";

/** An action by its name alone, which says nothing of types, or by its definition. */
export type ActionOrName = string | ActionRef;

/** A stage as in the contract, whose action may be a definition. */
export type StageSpec<Action extends ActionOrName = ActionOrName> = Omit<Stage, "action"> & {
  readonly action: Action;
};

/** One of a job's later stages. */
export type Later = ActionOrName | StageSpec;

/**
 * A request as in the contract, in which an action may be its definition: then payload and items have to fit
 * its input. `As` is the input's field that takes an item.
 */
export type JobSpec<
  First extends ActionOrName = ActionOrName,
  As extends string = string,
  Then extends readonly Later[] = readonly Later[],
  By extends Fold | undefined = Fold | undefined,
> = Omit<NewJobRequest, keyof Typed> & {
  readonly fold?: By;
} & Chain<First, Then> &
  Tasks<InputOf<First>, As, Then>;

/** What the last stage's tasks return. */
export type LastResult<First, Then extends readonly unknown[]> = ResultOf<
  ActionOf<Last<First, Then>>
>;

/** `JobOutcome.result`. */
export type JobResult<First, Then extends readonly unknown[], By extends Fold | undefined> = Folded<
  FoldOf<Last<First, Then>, By>,
  LastResult<First, Then>
>;

/** What the field of an input takes. */
export type Field<Input, As extends string> = unknown extends Input
  ? unknown
  : As extends keyof Input
    ? Input[As]
    : never;

// --- internal ---

interface Typed {
  action: 0;
  nextActions: 0;
  actionChain: 0;
  payload: 0;
  fanout: 0;
  open: 0;
  fold: 0;
}

/** Without `?: never` for what the other has not: that makes lists beside a spread lose their types. */
type Chain<First extends ActionOrName, Then extends readonly Later[]> =
  | { readonly action: First; readonly nextActions?: Then }
  | { readonly actionChain: readonly [First | StageSpec<First>, ...Then] };

type Tasks<Input, As extends string, Then extends readonly Later[]> =
  | (Payload<Rest<Input, As>, Then> & {
      readonly fanout: ItemFanout<Input, As>;
      readonly open?: boolean;
    })
  | (Payload<Input, Then> & {
      readonly fanout: { readonly tasks: number };
      readonly open?: boolean;
    })
  | (Payload<Partial<Input>, Then> & { readonly fanout?: never; readonly open: true });

type ItemFanout<Input, As extends string> =
  | {
      readonly foreach: {
        readonly as?: As;
        readonly items: readonly (Field<Input, As> | OneOf<Field<Input, As>>)[];
        readonly batch?: number;
      };
    }
  | { readonly range: NonNullable<Fanout["range"]> & { readonly as?: As } }
  | {
      readonly from: {
        readonly as?: As;
        readonly action: ActionOrName;
        readonly payload?: JsonObject;
      };
    };

/** With `batch` a task is given a list of items. */
type OneOf<Given> = Given extends readonly (infer One)[] ? One : never;

/** The payload goes to every stage: with later ones it may hold more than the first takes. */
type Payload<Given, Then extends readonly Later[]> = unknown extends Given
  ? { readonly payload?: JsonObject }
  : Record<never, never> extends Given
    ? { readonly payload?: Given & More<Then> }
    : { readonly payload: Given & More<Then> };

type More<Then extends readonly Later[]> = Then extends readonly [] ? unknown : JsonObject;

type Rest<Input, As extends string> = unknown extends Input ? unknown : Omit<Input, As>;

type Last<First, Then extends readonly unknown[]> = Then extends readonly [...unknown[], infer End]
  ? End
  : Then extends readonly []
    ? First
    : unknown;

type ActionOf<Stage> = Stage extends { readonly action: infer Action } ? Action : Stage;

type FoldOf<Stage, By extends Fold | undefined> = Stage extends {
  readonly fold: infer Own extends Fold;
}
  ? Own
  : By;
