import { expect, test } from "vitest";
import { filter } from "../tree/filter";
import { pick, shares } from "./pick";

const FOUND = [
  { path: "", agents: ["big"] },
  { path: "a.py", agents: ["api", "web"] },
  { path: "b.py", agents: ["api", "docs", "web"] },
];

test("files of most agents come first, and agents not known are told apart", () => {
  const { files, unknown } = pick(FOUND, filter(""));
  expect(files.map((one) => one.path)).toEqual(["b.py", "a.py"]);
  expect(unknown).toEqual(["big"]);
});

test("what was typed fits a path or an agent", () => {
  expect(pick(FOUND, filter("docs")).files.map((one) => one.path)).toEqual(["b.py"]);
  expect(pick(FOUND, filter("a.py web")).files.map((one) => one.path)).toEqual(["a.py"]);
});

test("each agent's shared files are counted", () => {
  expect(shares(pick(FOUND, filter("")).files)).toEqual([
    { agent: "api", files: 2 },
    { agent: "web", files: 2 },
    { agent: "docs", files: 1 },
  ]);
});
