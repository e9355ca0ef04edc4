/** Where runs, missed fires and fires to come stand on the band of a schedule. Times are epoch seconds. */

import type { RunView, ScheduleView } from "../api/schema";
import { epoch } from "../shell/time";

/** The stretch of time that is shown. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Something on a band, in hundredths of its width; `lane` counts from the top where several overlap. */
export interface Bar {
  readonly run: RunView;
  readonly left: number;
  readonly width: number;
  readonly lane: number;
  readonly kind: "run" | "missed" | "mark";
}

const SHORTEST = 0.35;

/** Returns where a time stands, in hundredths of the width; beyond 0 to 100 it is outside. */
export function place(at: number, shown: Stretch): number {
  return ((at - shown.from) / (shown.to - shown.from)) * 100;
}

/** Returns the bars of one schedule, and how many lanes they take. */
export function bars(runs: readonly RunView[], shown: Stretch, now: number): { bars: Bar[]; lanes: number } {
  const ends: number[] = [];
  const found: Bar[] = [];
  const timed = runs.map((run) => ({ run, ...extent(run, now) })).sort((one, other) => one.from - other.from);
  for (const { run, from, to, kind } of timed) {
    if (!Number.isFinite(from) || to < shown.from || from > shown.to) continue;
    const left = Math.max(0, place(from, shown));
    const width = Math.max(SHORTEST, Math.min(100, place(to, shown)) - left);
    const free = ends.findIndex((end) => end <= from);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = to;
    found.push({ run, left, width, lane, kind });
  }
  return { bars: found, lanes: Math.max(1, ends.length) };
}

/** Returns from when to when a row of the ledger reaches, and what it is drawn as. */
export function extent(run: RunView, now: number): { from: number; to: number; kind: Bar["kind"] } {
  const fire = epoch(run.fire_at);
  if (run.state === "missed") {
    const first = run.first === "" ? fire : epoch(run.first);
    return { from: first, to: fire, kind: "missed" };
  }
  if (run.started_at === "") return { from: fire, to: fire, kind: "mark" };
  const from = epoch(run.started_at);
  return { from, to: run.ended_at === "" ? now : epoch(run.ended_at), kind: "run" };
}

/** Returns where the fires to come stand that lie within what is shown. */
export function fires(schedule: ScheduleView, shown: Stretch): { at: number; left: number }[] {
  if (schedule.state === "paused") return [];
  return schedule.next
    .map((fire) => epoch(fire.due))
    .filter((at) => at >= shown.from && at <= shown.to)
    .map((at) => ({ at, left: place(at, shown) }));
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
];

/** Returns the times to write at the edge, at most `most`, on round local times; `zone` is seconds east of UTC. */
export function ticks(shown: Stretch, most: number, zone: number): number[] {
  const step = STEPS.find((one) => (shown.to - shown.from) / one <= most) ?? 14 * DAY;
  const found: number[] = [];
  for (let at = Math.ceil((shown.from + zone) / step) * step - zone; at <= shown.to; at += step)
    found.push(at);
  return found;
}

/** How much time is shown at once. */
export const SPANS = { "6h": 6 * HOUR, "24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY } as const;
export type Span = keyof typeof SPANS;

/** Returns the stretch of a span around now, moved by so many halves of it; some of it lies ahead. */
export function stretch(span: Span, moved: number, now: number): Stretch {
  const length = SPANS[span];
  const to = now + length * 0.15 + (moved * length) / 2;
  return { from: to - length, to };
}
