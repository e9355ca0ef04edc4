/** How soon something may be asked for again: who answers slowly is left to rest the longer. Pure. */

/** What makes the page ask: the passing of time, news of the agent, or a person who looks at the page again. */
export type Cause = "clock" | "news" | "person";

/**
 * How many times as long as the last answer took it is left alone after it. Where time alone passes, a worktree is
 * kept busy for a tenth of it at most; news say that something did change, and may cost a quarter.
 */
const RESTS: Record<Cause, number> = { clock: 10, news: 3, person: 0 };

export class Pace {
  #took = 0;
  #ended = Number.NEGATIVE_INFINITY;

  /** Takes down when an answer was asked for and when it came, in milliseconds of one clock. */
  answered(began: number, ended: number): void {
    this.#took = Math.max(0, ended - began);
    this.#ended = ended;
  }

  /** Returns for how many milliseconds it still rests, 0 where it may be asked now. */
  rest(now: number, cause: Cause): number {
    return Math.max(0, this.#ended + this.#took * RESTS[cause] - now);
  }
}
