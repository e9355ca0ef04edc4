/** The focus stays within a list. */
import { expect, test } from "vitest";
import { nextIndex } from "./rows";

test("the first press goes to an end, the next ones by one, never beyond", () => {
  expect(nextIndex(3, -1, 1)).toBe(0);
  expect(nextIndex(3, -1, -1)).toBe(2);
  expect(nextIndex(3, 1, 1)).toBe(2);
  expect(nextIndex(3, 2, 1)).toBe(2);
  expect(nextIndex(3, 0, -1)).toBe(0);
  expect(nextIndex(0, -1, 1)).toBe(-1);
});
