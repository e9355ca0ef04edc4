import { expect, test } from "vitest";
import type { MergeView } from "../../api/schema";
import { about, closed, kind, request, summary } from "./words";

const VIEW: MergeView = {
  base: "main",
  base_commit: "a",
  branch: "agents/api",
  commit: "b",
  commits: 3,
  files: 2,
  fast_forward: false,
  up_to_date: false,
  conflicts: [],
  uncommitted: 0,
  blocked: "",
};
const CONFLICT: MergeView = {
  ...VIEW,
  conflicts: [{ path: "x", what: "content", text: null }],
  blocked: "1 file in conflict",
};

test("every way is open where nothing stands in it", () => {
  expect(closed("merge", VIEW)).toBe("");
  expect(closed("squash", VIEW)).toBe("");
});

test("a conflict closes what joins both at once, not what goes commit by commit", () => {
  expect(closed("merge", CONFLICT)).toBe("1 file in conflict");
  expect(closed("rebase", CONFLICT)).toBe("");
});

test("what blocks everything closes every way", () => {
  const view = { ...VIEW, blocked: "the worktree of main is not clean" };
  expect(closed("rebase", view)).toContain("not clean");
  expect(closed("rebase", { ...VIEW, up_to_date: true })).toContain("already");
});

test("each way says what becomes of the base", () => {
  expect(about("squash", VIEW)).toContain("One new commit on main");
  expect(about("merge", VIEW)).toContain("joins");
  expect(about("merge", { ...VIEW, fast_forward: true })).toContain("goes on");
  expect(about("rebase", VIEW)).toContain("again");
});

test("the facts are said in short", () => {
  expect(summary(VIEW)).toEqual(["3 commits, 2 files", "no conflicts"]);
  expect(summary(CONFLICT)[1]).toBe("1 file in conflict");
  expect(summary({ ...VIEW, up_to_date: true })).toEqual(["main has every commit of agents/api already."]);
});

test("a conflict's kind is said in words, an unknown one in git's", () => {
  expect(kind("CONFLICT (contents)")).toBe("both sides changed the same lines");
  expect(kind("CONFLICT (modify/delete)")).toContain("deleted");
  expect(kind("CONFLICT (submodule with possible resolution)")).toBe("submodule with possible resolution");
});

test("the agent is asked for what makes the merge possible", () => {
  expect(request(CONFLICT)).toContain("merge main into agents/api");
  expect(request(CONFLICT)).toContain("stops at x.");
  expect(request(VIEW)).not.toContain("stops");
});
