import { expect, test } from "vitest";
import type { CommitView, RunView } from "../../api/schema";
import { filter } from "../tree/filter";
import { found, joined, rangeOfCommit, rangeOfRun, rowFor, rowOf, rowsOfRun, runsOf } from "./pick";

function commit(id: string, parents: string[] = ["p"]): CommitView {
  return {
    commit: id,
    parents,
    subject: `Do ${id}`,
    body: "",
    author: "api",
    email: "api@acme.test",
    at: 0,
    pushed: null,
  };
}

test("a commit is compared with its first parent", () => {
  expect(rangeOfCommit(rowOf(commit("c", ["a", "b"])))).toEqual({ against: "a", to: "c", run: "" });
});

test("a first commit has nothing before it", () => {
  expect(rangeOfCommit(rowOf(commit("c", [])))).toBeUndefined();
});

test("a run's commits are known by id and subject, and compared with the one before", () => {
  const run = { commits: [{ id: "abc", subject: "Fix" }] } as unknown as RunView;
  const [row] = rowsOfRun(run);
  expect(row?.subject).toBe("Fix");
  expect(row && rangeOfCommit(row)).toEqual({ against: "abc^", to: "abc", run: "" });
  expect(rangeOfRun("r1")).toEqual({ against: "", to: "", run: "r1" });
});

test("only the agent's runs that began are offered", () => {
  const runs = [
    { schedule: "api/nightly", started_at: "2026-01-01" },
    { schedule: "api/nightly", started_at: "" },
    { schedule: "web/nightly", started_at: "2026-01-01" },
  ] as RunView[];
  expect(runsOf(runs, "api").length).toBe(1);
});

test("an address may cut a commit short", () => {
  const rows = [rowOf(commit("abcdef")), rowOf(commit("bcdefa"))];
  expect(rowFor(rows, "bcd")?.commit).toBe("bcdefa");
  expect(rowFor(rows, "")).toBeUndefined();
  expect(rowFor(rows, "ff")).toBeUndefined();
});

test("rows are found by subject, id and author", () => {
  const rows = [rowOf(commit("abc")), rowOf(commit("def"))];
  expect(found(rows, filter("do def")).length).toBe(1);
  expect(found(rows, filter("acme.test")).length).toBe(2);
});

test("a page that overlaps the list adds only what is new", () => {
  expect(joined([commit("a"), commit("b")], [commit("b"), commit("c")]).map((one) => one.commit)).toEqual([
    "a",
    "b",
    "c",
  ]);
});
