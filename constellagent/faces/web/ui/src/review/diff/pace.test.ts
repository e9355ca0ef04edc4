/** Whoever answers slowly is asked the more seldom. */

import { expect, test } from "vitest";
import { Pace } from "./pace";

test("what was never asked for may be asked for at once", () => {
  expect(new Pace().rest(0, "clock")).toBe(0);
});

test("after an answer that took 11 seconds the clock rests for ten times as long", () => {
  const pace = new Pace();
  pace.answered(1_000, 12_000);
  expect(pace.rest(12_000, "clock")).toBe(110_000);
  expect(pace.rest(121_999, "clock")).toBe(1);
  expect(pace.rest(122_000, "clock")).toBe(0);
});

test("news rest for less, and a person who looks again for nothing", () => {
  const pace = new Pace();
  pace.answered(0, 2_000);
  expect(pace.rest(2_000, "news")).toBe(6_000);
  expect(pace.rest(2_000, "person")).toBe(0);
});

test("a quick answer ends the rest that a slow one brought", () => {
  const pace = new Pace();
  pace.answered(0, 11_000);
  pace.answered(20_000, 20_050);
  expect(pace.rest(20_550, "clock")).toBe(0);
});
