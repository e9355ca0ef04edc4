/** Which comments stand at which line of the text on screen, and which have lost their place. */

import type { CommentView } from "../../api/schema";

/** Comments at one place of one side: a thread. `line` is the last of its lines, 0 above the first one. */
export interface Thread {
  key: string;
  side: "old" | "new";
  line: number;
  comments: CommentView[];
  outdated: boolean;
}

/** Where a comment stands in a text. */
export interface Place {
  line: number;
  endLine: number;
  outdated: boolean;
}

/**
 * Returns where a comment stands in `lines`: where it says, if its quote is there, else at the nearest exact match.
 * Without such it is outdated and stays near where it was.
 */
export function place(comment: CommentView, lines: readonly string[]): Place {
  if (comment.line === 0) return { line: 0, endLine: 0, outdated: comment.outdated };
  const length = Math.max(0, comment.end_line - comment.line);
  const quote = comment.quote === "" ? [] : comment.quote.split("\n");
  if (quote.length === 0) {
    const outdated = comment.outdated || comment.end_line > lines.length;
    return { ...clamped(comment.line, length, lines.length), outdated };
  }
  const found = nearest(lines, quote, comment.line - 1);
  if (found < 0) return { ...clamped(comment.line, length, lines.length), outdated: true };
  return { line: found + 1, endLine: found + quote.length, outdated: false };
}

function clamped(line: number, length: number, count: number): { line: number; endLine: number } {
  const first = Math.max(1, Math.min(line, count));
  return { line: first, endLine: Math.max(first, Math.min(first + length, count)) };
}

function nearest(lines: readonly string[], quote: readonly string[], wanted: number): number {
  const last = lines.length - quote.length;
  for (let away = 0; away <= Math.max(wanted, last - wanted, 0); away += 1) {
    if (matches(lines, quote, wanted - away)) return wanted - away;
    if (away > 0 && matches(lines, quote, wanted + away)) return wanted + away;
  }
  return -1;
}

function matches(lines: readonly string[], quote: readonly string[], at: number): boolean {
  return (
    at >= 0 && at + quote.length <= lines.length && quote.every((line, index) => lines[at + index] === line)
  );
}

/** Returns the threads of one file, in the order of their lines; `old` and `now` are the lines of the two sides. */
export function threads(
  comments: readonly CommentView[],
  old: readonly string[],
  now: readonly string[],
): Thread[] {
  const found = new Map<string, Thread>();
  for (const comment of comments) {
    const at = place(comment, comment.side === "old" ? old : now);
    const key = `${comment.side}:${at.endLine}`;
    const thread = found.get(key) ?? {
      key,
      side: comment.side,
      line: at.endLine,
      comments: [],
      outdated: true,
    };
    thread.comments.push(comment);
    thread.outdated = thread.outdated && at.outdated;
    found.set(key, thread);
  }
  return [...found.values()].sort((one, other) => one.line - other.line || (one.side < other.side ? 1 : -1));
}

/** Returns a place in words: `line 3`, `lines 3-7`, `the whole file`, `the whole work`. */
export function placeName(comment: Pick<CommentView, "path" | "line" | "end_line" | "side">): string {
  if (comment.path === "") return "the whole work";
  if (comment.line === 0) return "the whole file";
  const lines =
    comment.end_line > comment.line ? `lines ${comment.line}–${comment.end_line}` : `line ${comment.line}`;
  return comment.side === "old" ? `${lines}, before` : lines;
}

/** Returns how many comments of each state there are. */
export function tally(comments: readonly CommentView[]): Record<CommentView["state"], number> {
  const counts = { open: 0, sent: 0, resolved: 0 };
  for (const comment of comments) counts[comment.state] += 1;
  return counts;
}

/** Returns how many comments that are not resolved each path has. */
export function perPath(comments: readonly CommentView[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { path, state } of comments) {
    if (state !== "resolved") counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

/** Returns comments by path, in the order of paths and lines: how the panel lists them. */
export function byPath(comments: readonly CommentView[]): [string, CommentView[]][] {
  const groups = new Map<string, CommentView[]>();
  for (const comment of comments) {
    const group = groups.get(comment.path);
    if (group) group.push(comment);
    else groups.set(comment.path, [comment]);
  }
  for (const group of groups.values()) {
    group.sort((one, other) => one.line - other.line || one.created_at - other.created_at);
  }
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}
