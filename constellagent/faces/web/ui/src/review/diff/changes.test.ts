/** Going through the changes of a file, and lines that stand beside each other. */

import { describe, expect, test } from "vitest";
import { beside, type Change, lineOf, neighbour, ordinal, step } from "./changes";

const change = (old: [number, number], now: [number, number]): Change => ({
  originalStartLineNumber: old[0],
  originalEndLineNumber: old[1],
  modifiedStartLineNumber: now[0],
  modifiedEndLineNumber: now[1],
});

/** Lines 3-4 changed into 3-5, two lines put in after 9, lines 20-22 removed. */
const CHANGES = [change([3, 4], [3, 5]), change([9, 0], [11, 12]), change([20, 22], [22, 0])];

describe("step", () => {
  test("the next change is the first behind the line, the previous the last before it", () => {
    expect(step(CHANGES, 1, "next")).toBe(CHANGES[0]);
    expect(step(CHANGES, 3, "next")).toBe(CHANGES[1]);
    expect(step(CHANGES, 11, "previous")).toBe(CHANGES[0]);
    expect(step(CHANGES, 100, "previous")).toBe(CHANGES[2]);
  });

  test("after the last and before the first there is none", () => {
    expect(step(CHANGES, 23, "next")).toBeUndefined();
    expect(step(CHANGES, 3, "previous")).toBeUndefined();
  });

  test("going forth and back meets every change once", () => {
    let line = 0;
    const met = [];
    for (let one = step(CHANGES, line, "next"); one; one = step(CHANGES, line, "next")) {
      met.push(one);
      line = lineOf(one);
    }
    expect(met).toEqual(CHANGES);
  });

  test("removed lines at the top are shown at the first line", () => {
    expect(lineOf(change([1, 3], [0, 0]))).toBe(1);
  });
});

test("a change is counted from 1, and 0 is before all", () => {
  expect([1, 3, 10, 11, 99].map((line) => ordinal(CHANGES, line))).toEqual([0, 1, 1, 2, 3]);
});

describe("beside", () => {
  test("lines outside of changes move by what was added and removed before them", () => {
    expect([1, 2, 5, 9, 10, 19, 23, 30].map((line) => beside(CHANGES, line))).toEqual([
      1, 2, 6, 10, 13, 22, 23, 30,
    ]);
  });

  test("a changed line stands beside its change, a removed one behind what is before it", () => {
    expect([3, 4, 20, 22].map((line) => beside(CHANGES, line))).toEqual([3, 4, 22, 22]);
  });
});

test("the neighbour of nothing is the first or the last", () => {
  expect(neighbour(["a", "b"], -1, "next")).toBe("a");
  expect(neighbour(["a", "b"], -1, "previous")).toBe("b");
  expect(neighbour(["a", "b"], 1, "next")).toBeUndefined();
  expect(neighbour(["a", "b"], 1, "previous")).toBe("a");
});
