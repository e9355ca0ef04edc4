/** What is on disk is asked for again after it was written; what never changes is asked for once. */

import { afterEach, expect, test, vi } from "vitest";
import type { DiffView, FileChange } from "../../api/schema";
import { Contents } from "./contents";

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Asked {
  address: string;
  answer(text: string): void;
}

/** Answers when the test says so. */
function served(): Asked[] {
  const questions: Asked[] = [];
  vi.stubGlobal(
    "fetch",
    (address: string) =>
      new Promise<Response>((resolve) => {
        questions.push({ address, answer: (text) => resolve(Response.json({ text })) });
      }),
  );
  return questions;
}

const settle = () => vi.waitFor(() => undefined);
const CHANGE = { path: "a.txt", status: "modified", old_path: null } as FileChange;
const VIEW = { commit: "c1", against: "base", to: "worktree", to_commit: "" } as DiffView;

test("right after a save a file is asked for again, although it was asked for a moment ago", async () => {
  const questions = served();
  const contents = new Contents("lab", "docs");
  const first = contents.get("a.txt", "worktree");
  await settle();
  questions[0]?.answer("old");
  expect((await first).text).toBe("old");
  contents.forget("a.txt");
  const second = contents.get("a.txt", "worktree");
  await settle();
  questions[1]?.answer("new");
  expect((await second).text).toBe("new");
});

test("who asked before a save is given what came after it", async () => {
  const questions = served();
  const contents = new Contents("lab", "docs");
  const pair = contents.pair(VIEW, CHANGE);
  await settle();
  contents.forget("a.txt");
  for (const { address, answer } of questions) answer(address.includes("worktree") ? "old" : "base");
  await vi.waitFor(() => expect(questions.length).toBe(3));
  questions[2]?.answer("new");
  const { old, now } = await pair;
  expect([old.text, now.text]).toEqual(["base", "new"]);
});

test("a commit's content is asked for once, whatever is saved", async () => {
  const questions = served();
  const contents = new Contents("lab", "docs");
  const first = contents.get("a.txt", "c1");
  await settle();
  questions[0]?.answer("base");
  await first;
  contents.forget("a.txt");
  expect((await contents.get("a.txt", "c1")).text).toBe("base");
  expect(questions.length).toBe(1);
});

test("both sides of a run's change are those of the run", async () => {
  const questions = served();
  const contents = new Contents("lab", "docs");
  void contents.pair(VIEW, CHANGE, "r1");
  await settle();
  expect(questions.map(({ address }) => new URLSearchParams(address.split("?")[1]).get("run"))).toEqual([
    "r1",
    "r1",
  ]);
});
