/** Where comments stand in the text on screen, and how they are listed. */

import { describe, expect, test } from "vitest";
import type { CommentView } from "../../api/schema";
import { byPath, perPath, place, placeName, tally, threads } from "./anchors";

const COMMENT: CommentView = {
  id: "1",
  agent: "coder",
  path: "a.py",
  side: "new",
  line: 2,
  end_line: 3,
  text: "Why?",
  quote: "two\nthree",
  revision: "worktree",
  author: "person",
  state: "open",
  outdated: false,
  created_at: 1,
  edited_at: 1,
  sent_at: null,
};
const LINES = ["one", "two", "three", "four"];

describe("place", () => {
  test("a comment stands where its quote is", () => {
    expect(place(COMMENT, LINES)).toEqual({ line: 2, endLine: 3, outdated: false });
  });

  test("it follows its quote to the nearest place", () => {
    expect(place(COMMENT, ["new", ...LINES])).toEqual({ line: 3, endLine: 4, outdated: false });
    expect(place({ ...COMMENT, line: 5, end_line: 6 }, [...LINES, "", "", ...LINES])).toEqual({
      line: 2,
      endLine: 3,
      outdated: false,
    });
    expect(place({ ...COMMENT, line: 6, end_line: 7 }, [...LINES, "", "", ...LINES]).line).toBe(8);
  });

  test("without its quote it is outdated, and stays within the text", () => {
    expect(place(COMMENT, ["one"])).toEqual({ line: 1, endLine: 1, outdated: true });
    expect(place(COMMENT, [])).toEqual({ line: 1, endLine: 1, outdated: true });
  });

  test("one on the whole file has no line", () => {
    expect(place({ ...COMMENT, line: 0, end_line: 0 }, LINES).endLine).toBe(0);
  });

  test("one without a quote is taken at its word", () => {
    expect(place({ ...COMMENT, quote: "" }, LINES)).toEqual({ line: 2, endLine: 3, outdated: false });
    expect(place({ ...COMMENT, quote: "", end_line: 9 }, LINES).outdated).toBe(true);
  });
});

test("comments that end at one line of one side are a thread", () => {
  const other = { ...COMMENT, id: "2", line: 3, quote: "three" };
  const old = { ...COMMENT, id: "3", side: "old" as const };
  const found = threads([COMMENT, other, old], LINES, LINES);
  expect(found.map((one) => [one.side, one.line, one.comments.length])).toEqual([
    ["old", 3, 1],
    ["new", 3, 2],
  ]);
});

test("places are said in words", () => {
  expect(placeName(COMMENT)).toBe("lines 2–3");
  expect(placeName({ ...COMMENT, end_line: 2, side: "old" })).toBe("line 2, before");
  expect(placeName({ ...COMMENT, line: 0 })).toBe("the whole file");
  expect(placeName({ ...COMMENT, path: "" })).toBe("the whole work");
});

test("comments are counted by state, and by path as long as they are not resolved", () => {
  const all = [
    COMMENT,
    { ...COMMENT, id: "2", state: "sent" as const },
    { ...COMMENT, id: "3", state: "resolved" as const },
  ];
  expect(tally(all)).toEqual({ open: 1, sent: 1, resolved: 1 });
  expect(perPath(all).get("a.py")).toBe(2);
});

test("the panel lists by path, then by line", () => {
  const late = { ...COMMENT, id: "2", line: 9 };
  const other = { ...COMMENT, id: "3", path: "" };
  expect(byPath([late, COMMENT, other]).map(([path, group]) => [path, group.map((one) => one.id)])).toEqual([
    ["", ["3"]],
    ["a.py", ["1", "2"]],
  ]);
});
