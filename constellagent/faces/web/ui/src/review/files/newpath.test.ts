import { expect, test } from "vitest";
import { unfit } from "./newpath";

const THERE = new Set(["README.md", "src/app/main.py"]);

test.each(["a.txt", "src/b.py", "deep/er/x", ".github/workflow.yml", "a b/ü.txt", "..a/b"])(
  "%s can be a new file",
  (path) => {
    expect(unfit(path, THERE)).toBe("");
  },
);

test.each([
  ["", "Type a path"],
  ["/etc/x", "without a slash"],
  ["src/", "name of the file"],
  ["a//b", "Two slashes"],
  ["../x", "“..”"],
  ["a/./b", "“.”"],
  [".git/config", "Nothing in .git"],
  ["a/.GIT/x", "Nothing in .GIT"],
  ["x/.Ravi", "Nothing in .Ravi"],
  ["README.md", "such a file already"],
  ["README.md/x", "README.md is a file"],
  ["src/app", "folder of this name"],
  ["a\0b", "NUL"],
  ["\udcff", "no text"],
  [`${"é".repeat(128)}`, "255 bytes"],
])("%j is refused with a reason", (path, why) => {
  expect(unfit(path, THERE)).toContain(why);
});
