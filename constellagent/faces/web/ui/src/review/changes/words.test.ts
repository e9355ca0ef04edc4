import { expect, test } from "vitest";
import type { FactsView, FileChange } from "../../api/schema";
import {
  cannotCommit,
  cannotPush,
  discarding,
  listed,
  still,
  subjectLength,
  toBase,
  toUpstream,
  wayBack,
} from "./words";

const FACTS: FactsView = {
  branch: "agents/api",
  head: "1234567",
  base: "main",
  base_at: "",
  ahead: 2,
  behind: 1,
  upstream: "origin/agents/api",
  unpushed: 2,
  remotes: ["origin"],
  staged: 1,
  unstaged: 0,
  untracked: 0,
  conflicted: 0,
  operation: "",
  agent: "api <api@acme.test>",
  person: "",
  path: "/w",
};

function file(path: string, status: FileChange["status"] = "modified"): FileChange {
  return { path, old_path: null, status, added: 1, removed: 0, old_mode: "100644", mode: "100644" };
}

function paths(...names: string[]): FileChange[] {
  return names.map((name) => file(name));
}

test("conflicts are listed first", () => {
  const files = [file("a"), file("z", "unmerged")];
  const view = { files } as Parameters<typeof listed>[0];
  expect(listed(view).map((one) => one.path)).toEqual(["z", "a"]);
  expect(listed(null)).toEqual([]);
});

test("at first the first change that is not staged is looked at", () => {
  const none = { staged: [], unstaged: [] };
  expect(still(null, { staged: paths("s"), unstaged: paths("u") }, none)).toEqual({
    part: "unstaged",
    path: "u",
  });
  expect(still(null, { staged: paths("s"), unstaged: [] }, none)).toEqual({ part: "staged", path: "s" });
  expect(still(null, none, none)).toBeNull();
});

test("a change that went makes place for the one that followed it", () => {
  const before = { staged: [], unstaged: paths("a", "b", "c") };
  const chosen = { part: "unstaged" as const, path: "b" };
  expect(still(chosen, { staged: paths("b"), unstaged: paths("a", "c") }, before)?.path).toBe("c");
  expect(still({ ...chosen, path: "c" }, { staged: [], unstaged: paths("a", "b") }, before)?.path).toBe("b");
  expect(still(chosen, before, before)).toBe(chosen);
});

test("when a part is empty, the other one is looked at", () => {
  const before = { staged: [], unstaged: paths("a") };
  const after = { staged: paths("a"), unstaged: [] };
  expect(still({ part: "unstaged", path: "a" }, after, before)).toEqual({ part: "staged", path: "a" });
});

test("distances are said in words, and unknown is not even", () => {
  expect(toBase(FACTS)).toBe("2 commits ahead of main, 1 behind");
  expect(toBase({ ...FACTS, behind: 0 })).toBe("2 commits ahead of main");
  expect(toBase({ ...FACTS, ahead: 0 })).toBe("1 commit behind main");
  expect(toBase({ ...FACTS, ahead: 0, behind: 0 })).toBe("even with main");
  expect(toBase({ ...FACTS, ahead: null })).toContain("not known");
  expect(toUpstream(FACTS)).toBe("2 commits not pushed to origin/agents/api");
  expect(toUpstream({ ...FACTS, unpushed: 0 })).toBe("all pushed to origin/agents/api");
  expect(toUpstream({ ...FACTS, upstream: "", unpushed: null })).toBe("never pushed");
});

test("pushing is offered where there is something to push and somewhere", () => {
  expect(cannotPush(FACTS)).toBe("");
  expect(cannotPush({ ...FACTS, upstream: "", unpushed: null })).toBe("");
  expect(cannotPush({ ...FACTS, unpushed: 0 })).toContain("everything");
  expect(cannotPush({ ...FACTS, remotes: [] })).toContain("no remote");
});

test("a commit needs a message, something staged and no conflict", () => {
  expect(cannotCommit(FACTS, "x", 1)).toBe("");
  expect(cannotCommit(FACTS, " \n", 1)).toContain("say in a line");
  expect(cannotCommit(FACTS, "x", 0)).toContain("nothing");
  expect(cannotCommit(FACTS, "x", 2)).toBe("");
  expect(cannotCommit({ ...FACTS, conflicted: 2 }, "x", 1)).toContain("2 files in conflict");
  expect(cannotCommit({ ...FACTS, operation: "rebase" }, "x", 1)).toContain("rebase");
  expect(cannotCommit({ ...FACTS, operation: "merge" }, "x", 0)).toBe("");
  expect(cannotCommit(null, "x", 1)).not.toBe("");
});

test("the subject is the first line that says something", () => {
  expect(subjectLength("\n Say it \nbody")).toBe(6);
  expect(subjectLength("")).toBe(0);
});

test("discarding says what becomes of which files", () => {
  const asked = discarding([file("a"), file("b"), file("c", "untracked")]);
  expect(asked.title).toBe("Discard 3 changes?");
  expect(asked.text).toContain("2 files go back");
  expect(asked.text).toContain("1 file that git does not know is removed");
  expect(discarding([file("a")]).title).toBe("Discard a?");
  expect(discarding([file("a")]).text).toContain("1 file goes back");
});

test("the way back is taken out of what was done", () => {
  expect(wayBack(["discarded", "kept in refs/x", "get it back with: git -C . show"])).toBe("git -C . show");
  expect(wayBack(["discarded"])).toBe("");
});
