/** The fewest edits between two texts: right for all texts, and small where the change is. */

import { describe, expect, test } from "vitest";
import { applied, edits, type Replacement, replacements } from "./edits";

const lines = (text: string) => text.split("\n");

/** Does to a text what an editor does with replacements. */
function replaced(before: readonly string[], puts: readonly Replacement[]): string {
  let text = before.join("\n");
  const offset = (line: number, column: number) =>
    before.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
  for (const put of [...puts].reverse()) {
    const start = offset(put.startLineNumber, put.startColumn);
    text = text.slice(0, start) + put.text + text.slice(offset(put.endLineNumber, put.endColumn));
  }
  return text;
}

/** A plain generator of numbers, the same in each run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
}

describe("edits", () => {
  test("nothing is to be done for equal texts", () => {
    expect(edits(lines("a\nb\n"), lines("a\nb\n"))).toEqual([]);
  });

  test("a line put in between touches no other line", () => {
    expect(edits(lines("a\nb\nc"), lines("a\nx\nb\nc"))).toEqual([{ start: 1, removed: 0, lines: ["x"] }]);
  });

  test("changes far from each other are edits of their own", () => {
    const before = Array.from({ length: 5000 }, (_, at) => `line ${at}`);
    const after = [...before];
    after[4900] = "changed";
    after.splice(100, 2);
    after.splice(0, 0, "first");
    const found = edits(before, after);
    expect(found.map(({ start, removed, lines: put }) => [start, removed, put.length])).toEqual([
      [0, 0, 1],
      [100, 2, 0],
      [4900, 1, 1],
    ]);
  });

  test("a text that has nothing in common is replaced as a whole", () => {
    const before = Array.from({ length: 3000 }, (_, at) => `old ${at}`);
    const after = Array.from({ length: 3000 }, (_, at) => `new ${at}`);
    expect(edits(before, after)).toEqual([{ start: 0, removed: 3000, lines: after }]);
  });

  test("any text becomes any other, as lines and as replacements in an editor", () => {
    const pick = chance(7);
    for (let round = 0; round < 400; round += 1) {
      const make = () => Array.from({ length: 1 + pick(12) }, () => "abcd"[pick(4)] ?? "");
      const before = make();
      const after = make();
      const found = edits(before, after);
      expect(applied(before, found)).toEqual(after);
      expect(replaced(before, replacements(before, found, "\n"))).toBe(after.join("\n"));
    }
  });

  test("no more lines change than the shortest script needs", () => {
    const found = edits(lines("a\nb\nc\na\nb\nb\na"), lines("c\nb\na\nb\na\nc"));
    const cost = found.reduce((sum, one) => sum + one.removed + one.lines.length, 0);
    expect(cost).toBe(5);
  });
});
