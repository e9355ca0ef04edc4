/** Hunks as they are read: git's lines with numbers, and some lines of the file around them. Pure. */

import type { HunkView } from "../../api/schema";

/** One line on screen. Numbers are from 1, undefined on the side that has no such line. */
export interface Line {
  sign: "+" | "-" | " " | "\\";
  text: string;
  old: number | undefined;
  now: number | undefined;
}

/** A hunk with what is around it. */
export interface Framed {
  hunk: HunkView;
  lines: Line[];
  added: number;
  removed: number;
}

const AROUND = 3;

/**
 * Returns hunks with lines of the file around them. `file` is the new side's lines, undefined where they are not
 * known; where they are not those that the hunks are of (it changed meanwhile), hunks stand alone.
 */
export function framed(hunks: readonly HunkView[], file: readonly string[] | undefined): Framed[] {
  const around = file && fits(hunks, file) ? file : undefined;
  return hunks.map((hunk, index) => {
    const own = ownLines(hunk);
    const count = (sign: string) => own.filter((line) => line.sign === sign).length;
    const frame = { hunk, added: count("+"), removed: count("-") };
    if (!around) return { ...frame, lines: own };
    const shift = first(hunk.start, hunk.count) - first(hunk.new_start, hunk.new_count);
    const from = first(hunk.new_start, hunk.new_count);
    const begin = Math.max(1, from - AROUND, reach(hunks[index - 1]));
    const after = from + hunk.new_count;
    const next = hunks[index + 1];
    const end = Math.min(
      lineCount(around),
      after + AROUND - 1,
      next ? first(next.new_start, next.new_count) - 1 : Number.POSITIVE_INFINITY,
    );
    const grown = hunk.count - hunk.new_count;
    return {
      ...frame,
      lines: [
        ...context(around, begin, from - 1, shift),
        ...own,
        ...context(around, after, end, shift + grown),
      ],
    };
  });
}

/** Where the lines after a hunk's own context begin, so that no line stands on screen twice. */
function reach(hunk: HunkView | undefined): number {
  return hunk ? first(hunk.new_start, hunk.new_count) + hunk.new_count + AROUND : 1;
}

/** A side without lines says the line before; this is the line where they would be. */
function first(start: number, count: number): number {
  return count === 0 ? start + 1 : start;
}

function lineCount(file: readonly string[]): number {
  return file[file.length - 1] === "" ? file.length - 1 : file.length;
}

function context(file: readonly string[], from: number, to: number, shift: number): Line[] {
  const lines: Line[] = [];
  for (let now = from; now <= to; now += 1) {
    lines.push({ sign: " ", text: file[now - 1] ?? "", old: now + shift, now });
  }
  return lines;
}

function ownLines(hunk: HunkView): Line[] {
  let old = hunk.start;
  let now = hunk.new_start;
  return hunk.lines.map((line) => {
    const text = line.slice(1).replace(/\r$/, "");
    if (line.startsWith("-")) return { sign: "-", text, old: old++, now: undefined };
    if (line.startsWith("+")) return { sign: "+", text, old: undefined, now: now++ };
    return { sign: "\\", text: text.trimStart(), old: undefined, now: undefined };
  });
}

function fits(hunks: readonly HunkView[], file: readonly string[]): boolean {
  return hunks.every((hunk) => {
    const added = hunk.lines.filter((line) => line.startsWith("+"));
    return added.every(
      (line, index) => line.slice(1).replace(/\r$/, "") === file[hunk.new_start - 1 + index],
    );
  });
}

/** Returns where a hunk is, in words. */
export function place(hunk: HunkView): string {
  const { new_start: start, new_count: count } = hunk;
  if (count === 0) return start === 0 ? "at the top" : `after line ${start}`;
  return count === 1 ? `line ${start}` : `lines ${start} to ${start + count - 1}`;
}

/** Returns a whole text as lines that were added, as of a file that git does not know yet. */
export function allNew(text: string): Line[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines.map((line, index) => ({ sign: "+", text: line, old: undefined, now: index + 1 }));
}
