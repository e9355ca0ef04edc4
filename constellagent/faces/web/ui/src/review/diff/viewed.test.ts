/** Marks of what was viewed: for the content that was seen, and kept in the browser. */

import { expect, test } from "vitest";
import type { FileChange } from "../../api/schema";
import { isViewed, marked, readMarks } from "./viewed";

const CHANGE: FileChange = {
  path: "a.ts",
  old_path: null,
  status: "modified",
  added: 3,
  removed: 1,
  old_mode: "100644",
  mode: "100644",
};

test("a mark holds until the list or the content says that the file is another", () => {
  const marks = marked({}, CHANGE, "v1", true);
  expect(isViewed(marks, CHANGE, "v1")).toBe(true);
  expect(isViewed(marks, CHANGE, "")).toBe(true);
  expect(isViewed(marks, CHANGE, "v2")).toBe(false);
  expect(isViewed(marks, { ...CHANGE, added: 4 }, "")).toBe(false);
  expect(isViewed(marks, { ...CHANGE, mode: "100755" }, "v1")).toBe(false);
});

test("a mark is taken away", () => {
  expect(isViewed(marked(marked({}, CHANGE, "v1", true), CHANGE, "v1", false), CHANGE, "v1")).toBe(false);
});

test("marks come back from what was kept, and rubbish there is no mark", () => {
  const marks = marked({}, CHANGE, "v1", true);
  expect(readMarks(JSON.stringify(marks))).toEqual(marks);
  for (const text of [null, "", "[]", "{", "null", '{"a": 1}', '{"a": {"look": 2, "version": ""}}']) {
    expect(readMarks(text)).toEqual({});
  }
});
