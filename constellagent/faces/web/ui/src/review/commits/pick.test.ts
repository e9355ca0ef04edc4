import { expect, test } from "vitest";
import type { CommitView, FactsView, RunView } from "../../api/schema";
import { filter } from "../tree/filter";
import {
  filled,
  found,
  joined,
  rangeOfCommit,
  rangeOfRun,
  rowFor,
  rowOf,
  rowsOfRun,
  runsOf,
  whyNone,
} from "./pick";

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

test("a first commit is compared with nothing", () => {
  expect(rangeOfCommit(rowOf(commit("c", [])))).toEqual({ against: "empty", to: "c", run: "" });
});

test("a run's commits are known by id and subject, and compared with the one before", () => {
  const run = { commits: [{ id: "abc", subject: "Fix" }] } as unknown as RunView;
  const [row] = rowsOfRun(run);
  expect(row?.subject).toBe("Fix");
  expect(row && rangeOfCommit(row)).toEqual({ against: "abc^", to: "abc", run: "" });
  expect(rangeOfRun("r1")).toEqual({ against: "", to: "", run: "r1" });
});

test("what was asked for completes the row of that commit alone", () => {
  const bare = { commit: "abc", subject: "", full: undefined };
  const asked = commit("abcdef", []);
  expect(rangeOfCommit(filled(bare, asked)).against).toBe("empty");
  expect(filled({ ...bare, commit: "fff" }, asked).full).toBeUndefined();
  expect(filled(bare, undefined)).toBe(bare);
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

test("a branch without a commit of its own is said to be merged only where its base went on", () => {
  const facts = (ahead: number | null, behind: number | null) =>
    ({ branch: "agents/x", base: "main", ahead, behind }) as FactsView;
  expect(whyNone(facts(0, 2))).toBe("main has all of agents/x.");
  expect(whyNone(facts(0, 0))).toBe("agents/x is even with main: it has no commit of its own.");
  expect(whyNone(facts(0, null))).toBe("agents/x has no commit that main does not have.");
  expect(whyNone({ ...facts(0, 1), branch: "" })).toBe("main has all of the branch.");
  for (const unknown of [null, facts(null, null)])
    expect(whyNone(unknown)).toBe("The branch has no commit of its own.");
});
