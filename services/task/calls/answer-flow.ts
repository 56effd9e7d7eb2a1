/**
 * Which calls stand for all of those under way while answers come fast: a few, others each time, so that
 * each has its turn. Once the clock was looked at and hardly any of them had answered, there are none that
 * could stand for all, until answers come fast again.
 */
export class AnswerFlow {
  #isFast = true;
  #sinceLook = 0;
  #turn = 0;

  answered(): void {
    this.#sinceLook += 1;
    this.#isFast ||= this.#sinceLook >= FAST;
  }

  /** The clock was looked at. */
  looked(): void {
    this.#isFast = this.#sinceLook >= FAST;
    this.#sinceLook = 0;
  }

  /** Evenly spread over the calls under way; these, if there are few or none can stand for them. */
  standFor<Call>(calls: readonly Call[]): readonly Call[] {
    if (!this.#isFast || calls.length <= FEW) return calls;
    const turn = this.#turn++;
    const place = (at: number) => (Math.floor((at * calls.length) / FEW) + turn) % calls.length;
    return Array.from({ length: FEW }, (_, at) => calls[place(at)]!);
  }
}

const FEW = 8;
/** answers from one look to the next */
const FAST = 2;
