/**
 * The fewest line edits from one text to another, so that an open editor follows a file that changes without losing
 * its place: scroll position, selection, folding and comments stay where lines stay.
 */

/** Lines from `start` (0-based) on are replaced: `removed` of them by `lines`. */
export interface Edit {
  start: number;
  removed: number;
  lines: string[];
}

/** A replacement as editors take it: 1-based, the end is not included. */
export interface Replacement {
  startLineNumber: number;
  startColumn: number;
  endLineNumber: number;
  endColumn: number;
  text: string;
}

/** Above this many changed lines the middle is replaced as a whole: following that closely helps nobody. */
const MOST_STEPS = 600;

/** Returns the edits that make `after` of `before`, in order, none touching another. */
export function edits(before: readonly string[], after: readonly string[]): Edit[] {
  let head = 0;
  const least = Math.min(before.length, after.length);
  while (head < least && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < least - head && before[before.length - 1 - tail] === after[after.length - 1 - tail])
    tail += 1;
  const old = before.slice(head, before.length - tail);
  const now = after.slice(head, after.length - tail);
  if (old.length === 0 && now.length === 0) return [];
  const kept = old.length === 0 || now.length === 0 ? undefined : common(old, now);
  if (!kept) return [{ start: head, removed: old.length, lines: now }];
  return between(kept, old.length, now).map((edit) => ({ ...edit, start: edit.start + head }));
}

/** Returns the edits between pairs of equal lines. */
function between(kept: readonly [number, number][], count: number, now: readonly string[]): Edit[] {
  const found: Edit[] = [];
  let x = 0;
  let y = 0;
  const ends: [number, number][] = [...kept, [count, now.length]];
  for (const [nextX, nextY] of ends) {
    if (nextX > x || nextY > y) found.push({ start: x, removed: nextX - x, lines: now.slice(y, nextY) });
    x = nextX + 1;
    y = nextY + 1;
  }
  return found;
}

/** Returns the pairs of lines that stay, by the greedy search for the shortest script; undefined above the limit. */
function common(old: readonly string[], now: readonly string[]): [number, number][] | undefined {
  const most = Math.min(MOST_STEPS, old.length + now.length);
  const reached = new Int32Array(2 * most + 3);
  const trail: Int32Array[] = [];
  for (let steps = 0; steps <= most; steps += 1) {
    trail.push(reached.slice(most + 1 - steps - 1, most + 1 + steps + 2));
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      let x = furthest(reached, most + 1, diagonal, steps);
      let y = x - diagonal;
      while (x < old.length && y < now.length && old[x] === now[y]) {
        x += 1;
        y += 1;
      }
      reached[most + 1 + diagonal] = x;
      if (x >= old.length && y >= now.length) return back(trail, old.length, now.length);
    }
  }
  return undefined;
}

function furthest(reached: Int32Array, middle: number, diagonal: number, steps: number): number {
  const below = reached[middle + diagonal - 1] ?? 0;
  const over = reached[middle + diagonal + 1] ?? 0;
  const down = diagonal === -steps || (diagonal !== steps && below < over);
  return down ? over : below + 1;
}

/** Walks the trail from the end to the start and collects the lines that stay. */
function back(trail: readonly Int32Array[], endX: number, endY: number): [number, number][] {
  const kept: [number, number][] = [];
  let x = endX;
  let y = endY;
  for (let steps = trail.length - 1; steps >= 0; steps -= 1) {
    const reached = trail[steps] ?? new Int32Array();
    const middle = steps + 1;
    const diagonal = x - y;
    const below = reached[middle + diagonal - 1] ?? 0;
    const over = reached[middle + diagonal + 1] ?? 0;
    const down = diagonal === -steps || (diagonal !== steps && below < over);
    const from = steps === 0 ? 0 : down ? over : below;
    const fromY = steps === 0 ? 0 : from - (down ? diagonal + 1 : diagonal - 1);
    const startX = steps === 0 ? 0 : down ? from : from + 1;
    while (x > startX && y > 0) {
      x -= 1;
      y -= 1;
      kept.push([x, y]);
    }
    x = from;
    y = fromY;
  }
  return kept.reverse();
}

/** Returns edits as replacements of ranges in a text of `before`'s lines; a text has always one line at least. */
export function replacements(
  before: readonly string[],
  changes: readonly Edit[],
  eol: string,
): Replacement[] {
  return changes.map(({ start, removed, lines }) => {
    const end = start + removed;
    if (end < before.length) {
      return range(start + 1, 1, end + 1, 1, lines.map((line) => line + eol).join(""));
    }
    const last = Math.max(1, before.length);
    const lastColumn = (before[last - 1] ?? "").length + 1;
    if (start === 0) return range(1, 1, last, lastColumn, lines.join(eol));
    const column = (before[start - 1] ?? "").length + 1;
    return range(start, column, last, lastColumn, lines.map((line) => eol + line).join(""));
  });
}

function range(line: number, column: number, endLine: number, endColumn: number, text: string): Replacement {
  return { startLineNumber: line, startColumn: column, endLineNumber: endLine, endColumn, text };
}

/** Returns a text with edits made to its lines; what an editor does with them. */
export function applied(before: readonly string[], changes: readonly Edit[]): string[] {
  const lines = [...before];
  for (const { start, removed, lines: put } of [...changes].reverse()) lines.splice(start, removed, ...put);
  return lines;
}
