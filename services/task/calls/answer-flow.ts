/**
 * How many of the calls under way are awaited at a time. Each wake-up costs in proportion to that, so while
 * answers come fast the oldest few stand for all: what has answered behind them costs little when its turn
 * comes. When the clock was looked at and none of them had answered, all are awaited again; from then on only
 * answers of the oldest few count as fast, since slow ones among those would hide all that come behind them.
 */
export class AnswerFlow {
  #sinceLook = 0;
  #isFast = false;
  #isWary = false;

  /** Infinity: all of them. */
  get width(): number {
    return this.#isFast ? OLDEST : Infinity;
  }

  /** `place`: 0 for the oldest of those under way. */
  answered(place: number): void {
    if (place < OLDEST || !this.#isWary) this.#sinceLook += 1;
    if (this.#sinceLook >= FAST) this.#isFast = true;
  }

  /** The clock was looked at. */
  looked(): void {
    if (this.#sinceLook === 0) {
      this.#isWary ||= this.#isFast;
      this.#isFast = false;
    }
    this.#sinceLook = 0;
  }
}

const OLDEST = 8;
/** answers from one look to the next */
const FAST = 2;
