/** Times are short, and steady in width. */
import { expect, test } from "vitest";
import { counted, duration, epoch, exact, span } from "./time";

test.each([
  [0, "0s"],
  [-3, "0s"],
  [59.9, "59s"],
  [60, "1m"],
  [3_660, "1h 01m"],
  [90_000, "1d 1h"],
])("%d seconds are %s", (seconds, words) => {
  expect(span(seconds)).toBe(words);
});

test.each([
  [0.42, "0.4s"],
  [59.4, "59s"],
  [61, "1m 01s"],
  [4_000, "1h 06m"],
])("a run of %d seconds took %s", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("texts of the ledger and of mail are times", () => {
  expect(epoch("2026-01-31T09:00:00Z")).toBe(1769850000);
  expect(epoch("2026-01-31 09:00:00 UTC")).toBe(1769850000);
  expect(epoch("")).toBeNaN();
});

test("one is no plural", () => {
  expect(counted(1, "agent")).toBe("1 agent");
  expect(counted(2, "reply", "replies")).toBe("2 replies");
});

test("a whole time is the same everywhere, and nothing where there is none", () => {
  expect(exact(1769850000)).toMatch(/^2026-0(1-31|2-01) \d\d:\d\d:00$/);
  expect(exact(Number.NaN)).toBe("");
});
