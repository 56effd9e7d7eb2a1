import type { Figure } from "../figure.ts";
import type { Ingress } from "../ingress.ts";

export type Bench = {
  readonly ingress: Ingress;
  readonly fanfoldPid: () => number;
  /** How often something is measured: all of it, or a third when in a hurry. */
  readonly repeats: (full: number) => number;
};

/** A group of figures that are measured together. */
export type Section = {
  readonly name: string;
  /** It is given up after this. */
  readonly withinMs: number;
  readonly measure: (bench: Bench) => Promise<Figure[]>;
};
