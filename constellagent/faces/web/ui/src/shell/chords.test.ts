/** Keys are named the same whatever keyboard they come from. */
import { expect, test } from "vitest";
import { caps, chordOf, match } from "./chords";

const NONE = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test("a sign that needs Shift is named by the sign alone", () => {
  expect(chordOf({ ...NONE, key: "?", shiftKey: true }, false)).toBe("?");
  expect(chordOf({ ...NONE, key: "G", shiftKey: true }, false)).toBe("G");
});

test("Control is mod, on a Mac Command is", () => {
  expect(chordOf({ ...NONE, key: "k", ctrlKey: true }, false)).toBe("mod+k");
  expect(chordOf({ ...NONE, key: "k", metaKey: true }, true)).toBe("mod+k");
  expect(chordOf({ ...NONE, key: "k", ctrlKey: true }, true)).toBe("ctrl+k");
});

test("Shift is named with keys that are no signs, and with others held", () => {
  expect(chordOf({ ...NONE, key: "F7", shiftKey: true }, false)).toBe("shift+F7");
  expect(chordOf({ ...NONE, key: "P", ctrlKey: true, shiftKey: true }, false)).toBe("mod+shift+p");
  expect(chordOf({ ...NONE, key: " " }, false)).toBe("Space");
});

test("a row of presses is whole, a part, or nothing", () => {
  const bindings = ["g o", "j"];
  expect(match(["g"], bindings)).toBe("part");
  expect(match(["g", "o"], bindings)).toBe("whole");
  expect(match(["g", "x"], bindings)).toBe("none");
  expect(match(["j"], bindings)).toBe("whole");
});

test("caps are drawn one a key", () => {
  expect(caps("mod+k", false)).toEqual(["Ctrl", "k"]);
  expect(caps("mod+k", true)).toEqual(["⌘", "k"]);
  expect(caps("g o", false)).toEqual(["g", "o"]);
  expect(caps("+", false)).toEqual(["+"]);
});
