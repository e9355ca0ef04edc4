/** The terminal understands the daemon, tells what was drawn, and knows when to come again. */
import { expect, test } from "vitest";
import { comeAgain, Drawn, fittingFont, joined, readMessage, withControl } from "./protocol";

test("only messages that are known are read", () => {
  expect(readMessage('{"type":"sized","rows":2,"columns":3}')).toEqual({
    type: "sized",
    rows: 2,
    columns: 3,
  });
  for (const text of ["", "{", "null", "[]", '{"type":"other"}']) expect(readMessage(text)).toBeNull();
});

test("bytes drawn are told in large parts, all of them", () => {
  const drawn = new Drawn();
  expect(drawn.add(65_535)).toBe(0);
  expect(drawn.add(2)).toBe(65_537);
  expect(drawn.add(1)).toBe(0);
  drawn.reset();
  expect(drawn.add(65_535)).toBe(0);
});

test("a session that is over is not joined again, another one is at once, a broken one later", () => {
  expect(comeAgain(1000, 1, 1)).toBeNull();
  expect(comeAgain(4001, 1, 1)).toBe(0);
  expect(comeAgain(4001, 2, 1)).toBe(500);
  expect(comeAgain(1006, 1, 1)).toBe(250);
});

test("chunks are joined in order, one alone as it is", () => {
  const one = Uint8Array.of(1, 2);
  expect(joined([one])).toBe(one);
  expect([...joined([one, Uint8Array.of(3)])]).toEqual([1, 2, 3]);
});

test("letters shrink until all columns fit, and stay readable", () => {
  expect(fittingFont(13, 80, 80)).toBe(13);
  expect(fittingFont(16, 60, 80)).toBe(12);
  expect(fittingFont(13, 10, 80)).toBe(9);
  expect(fittingFont(8, 10, 80)).toBe(8);
});

test("Control makes control characters of letters, and leaves the rest", () => {
  expect(withControl("c")).toBe("\x03");
  expect(withControl("[")).toBe("\x1b");
  expect(withControl("é")).toBe("é");
  expect(withControl("\x1b[A")).toBe("\x1b[A");
});
