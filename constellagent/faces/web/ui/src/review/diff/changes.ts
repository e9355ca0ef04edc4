/** Where the changes of an open file are: what comes next, and which line of one side stands beside the other's. */

/** One change, 1-based and inclusive, as diff editors give it: an end of 0 says that the side has no lines there. */
export interface Change {
  originalStartLineNumber: number;
  originalEndLineNumber: number;
  modifiedStartLineNumber: number;
  modifiedEndLineNumber: number;
}

export type Direction = "next" | "previous";

/** Returns the line of the right side at which a change is shown. */
export function lineOf(change: Change): number {
  return Math.max(1, change.modifiedStartLineNumber + (change.modifiedEndLineNumber === 0 ? 1 : 0));
}

/** Returns the change after (or before) the line, or undefined where this file has no more. */
export function step(changes: readonly Change[], line: number, direction: Direction): Change | undefined {
  return direction === "next"
    ? changes.find((change) => lineOf(change) > line)
    : changes.findLast((change) => lineOf(change) < line);
}

/** Returns which change the line is in or after, counted from 1; 0 where it is before all. */
export function ordinal(changes: readonly Change[], line: number): number {
  return changes.findLastIndex((change) => lineOf(change) <= line) + 1;
}

/** Returns the line of the right side beside a line of the left one; of a removed line, what is before it. */
export function beside(changes: readonly Change[], oldLine: number): number {
  let moved = 0;
  for (const change of changes) {
    const inserted = change.originalEndLineNumber === 0;
    const start = change.originalStartLineNumber + (inserted ? 1 : 0);
    if (oldLine < start) break;
    if (!inserted && oldLine <= change.originalEndLineNumber) {
      return change.modifiedEndLineNumber === 0
        ? change.modifiedStartLineNumber
        : Math.min(change.modifiedEndLineNumber, change.modifiedStartLineNumber + oldLine - start);
    }
    moved += added(change) - removed(change);
  }
  return oldLine + moved;
}

function added(change: Change): number {
  return change.modifiedEndLineNumber === 0
    ? 0
    : change.modifiedEndLineNumber - change.modifiedStartLineNumber + 1;
}

function removed(change: Change): number {
  return change.originalEndLineNumber === 0
    ? 0
    : change.originalEndLineNumber - change.originalStartLineNumber + 1;
}

/** Returns the item after (or before) one in a list, or undefined at the end. */
export function neighbour<T>(list: readonly T[], index: number, direction: Direction): T | undefined {
  if (index < 0) return direction === "next" ? list[0] : list[list.length - 1];
  return list[direction === "next" ? index + 1 : index - 1];
}
