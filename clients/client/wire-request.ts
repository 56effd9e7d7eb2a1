import type { ActionOrName, Later } from "./job-spec.ts";

/** What names actions in a spec, whatever their types. */
interface LooseSpec {
  readonly jobId?: string | undefined;
  readonly action?: ActionOrName | undefined;
  readonly nextActions?: readonly Later[] | undefined;
  readonly actionChain?: readonly Later[] | undefined;
  readonly fanout?: LooseFanout | undefined;
}

interface LooseFanout {
  readonly from?: { readonly action: ActionOrName };
  readonly foreach?: unknown;
  readonly range?: unknown;
  readonly tasks?: unknown;
}

/** The request as the contract has it, with actions by their names. */
export function wireRequest({ action, nextActions, actionChain, fanout, ...rest }: LooseSpec) {
  return {
    ...rest,
    action: action && nameOf(action),
    nextActions: nextActions?.map(wireStage),
    actionChain: actionChain?.map(wireStage),
    fanout: fanout && wireFanout(fanout),
  };
}

// --- internal ---

const nameOf = (action: ActionOrName) => (typeof action === "string" ? action : action.name);

const wireStage = (stage: Later) =>
  typeof stage === "object" && "action" in stage
    ? { ...stage, action: nameOf(stage.action) }
    : nameOf(stage);

const wireFanout = ({ from, ...fanout }: LooseFanout) =>
  from ? { from: { ...from, action: nameOf(from.action) } } : fanout;
