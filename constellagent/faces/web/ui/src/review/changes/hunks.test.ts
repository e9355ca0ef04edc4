import { expect, test } from "vitest";
import type { HunkView } from "../../api/schema";
import { allNew, framed, place } from "./hunks";

function hunk(start: number, count: number, newStart: number, newCount: number, lines: string[]): HunkView {
  return { id: `${start}-${newStart}`, start, count, new_start: newStart, new_count: newCount, lines };
}

function drawn(hunks: HunkView[], file: string[] | undefined): string[][] {
  return framed(hunks, file).map(({ lines }) =>
    lines.map(({ sign, text, old, now }) => `${old ?? "."}/${now ?? "."}${sign}${text}`),
  );
}

test("a changed line stands between lines of the file, numbered on both sides", () => {
  const file = ["a", "b", "C", "d", "e", ""];
  expect(drawn([hunk(3, 1, 3, 1, ["-c", "+C"])], file)).toEqual([
    ["1/1 a", "2/2 b", "3/.-c", "./3+C", "4/4 d", "5/5 e"],
  ]);
});

test("lines that only go stand after the line that git says", () => {
  const file = ["a", "d", ""];
  expect(drawn([hunk(2, 2, 1, 0, ["-b", "-c"])], file)).toEqual([["1/1 a", "2/.-b", "3/.-c", "4/2 d"]]);
});

test("lines that only come shift the numbers of those behind them", () => {
  const file = ["a", "x", "y", "b", ""];
  expect(drawn([hunk(1, 0, 2, 2, ["+x", "+y"])], file)).toEqual([["1/1 a", "./2+x", "./3+y", "2/4 b"]]);
});

test("no line stands on screen twice between two hunks that are near", () => {
  const file = ["A", "2", "3", "4", "5", "F", ""];
  const hunks = [hunk(1, 1, 1, 1, ["-a", "+A"]), hunk(6, 1, 6, 1, ["-f", "+F"])];
  expect(drawn(hunks, file)).toEqual([
    ["1/.-a", "./1+A", "2/2 2", "3/3 3", "4/4 4"],
    ["5/5 5", "6/.-f", "./6+F"],
  ]);
});

test("hunks of another text than the file's stand alone", () => {
  expect(drawn([hunk(1, 1, 1, 1, ["-a", "+b"])], ["changed", ""])).toEqual([["1/.-a", "./1+b"]]);
  expect(drawn([hunk(1, 1, 1, 1, ["-a", "+b"])], undefined)).toEqual([["1/.-a", "./1+b"]]);
});

test("a carriage return at the end of a line is not shown, a missing line feed is", () => {
  expect(drawn([hunk(1, 1, 1, 1, ["-a\r", "+b\r", "\\ No newline at end of file"])], ["b"])).toEqual([
    ["1/.-a", "./1+b", "./.\\No newline at end of file"],
  ]);
});

test("a hunk counts its own lines alone", () => {
  const [only] = framed([hunk(3, 1, 3, 2, ["-c", "+C", "+D"])], ["a", "b", "C", "D", "e", ""]);
  expect([only?.added, only?.removed]).toEqual([2, 1]);
});

test.each([
  [hunk(1, 1, 4, 1, []), "line 4"],
  [hunk(1, 1, 4, 3, []), "lines 4 to 6"],
  [hunk(3, 2, 2, 0, []), "after line 2"],
  [hunk(1, 2, 0, 0, []), "at the top"],
])("a place is said in words", (one, words) => {
  expect(place(one)).toBe(words);
});

test("a new file is all added", () => {
  expect(allNew("a\nb\n").map((line) => line.text)).toEqual(["a", "b"]);
  expect(allNew("")).toEqual([]);
});
