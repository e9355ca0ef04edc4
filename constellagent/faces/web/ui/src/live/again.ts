/** When to try a broken connection again, and whether it is the same daemon that answers then. */

import type { DaemonView } from "../api/schema";

const FIRST = 250;
const LONGEST = 5_000;

/** Returns milliseconds to wait before an attempt (1 is the first); `chance` from 0 to 1 spreads the pages. */
export function delayOf(attempt: number, chance: number): number {
  const doubled = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt - 1, 20));
  return Math.round(doubled * (0.75 + 0.25 * chance));
}

/** Says whether two answers come from one process. */
export function sameDaemon(one: DaemonView, other: DaemonView): boolean {
  return one.pid === other.pid && one.started_at === other.started_at;
}
