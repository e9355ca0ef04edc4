import { expect, test } from "vitest";
import { conflicts, countOf, marked } from "./marked";

const TEXT = ["one", "<<<<<<< main", "ours", "=======", "theirs", ">>>>>>> agents/api", "two", ""].join("\n");

test("each line says whose it is", () => {
  expect(marked(TEXT).map((line) => line.whose)).toEqual([
    "both",
    "marker",
    "base",
    "marker",
    "branch",
    "marker",
    "both",
  ]);
});

test("the common ancestor is told apart where git wrote it", () => {
  const text = "<<<<<<< a\nx\n||||||| 123\nold\n=======\ny\n>>>>>>> b\n";
  expect(marked(text).map((line) => line.whose)).toEqual([
    "marker",
    "base",
    "marker",
    "ancestor",
    "marker",
    "branch",
    "marker",
  ]);
});

test("a line of equal signs outside of a conflict is only a line", () => {
  expect(marked("Title\n=======\n").map((line) => line.whose)).toEqual(["both", "both"]);
});

test("only conflicts and what is near them are shown", () => {
  const far = Array.from({ length: 20 }, (_, index) => `line ${index}`).join("\n");
  const found = conflicts(`${far}\n${TEXT}${far}\n`, 1);
  expect(found[0]).toBeNull();
  expect(found[1]).toEqual({ whose: "both", text: "one", number: 21 });
  expect(found.filter((line) => line === null).length).toBe(2);
  expect(found.length).toBe(9);
});

test("conflicts are counted", () => {
  expect(countOf(TEXT + TEXT)).toBe(2);
  expect(countOf("no conflict\n")).toBe(0);
});
