/** A plan's lines and an apply's items are read as what they are. */
import { expect, test } from "vitest";
import type { PlanReply } from "../api/schema";
import { isEnding, lossesOf, planRows, readItem, waitingForRestart } from "./lines";

const reply = (...lines: string[]) => ({ lines }) as PlanReply;

test("a line is its symbol, its subject and the rest", () => {
  expect(planRows(reply("+ writer   create worktree /x  (declared, not there)", "odd"))).toEqual([
    { change: "create", symbol: "+", subject: "writer", text: "create worktree /x  (declared, not there)" },
    { change: "plain", symbol: "", subject: "", text: "odd" },
  ]);
});

test("a line without a subject keeps its text", () => {
  expect(planRows(reply("?   provider cannot be reached"))[0]).toMatchObject({
    change: "unknown",
    text: "provider cannot be reached",
  });
});

test("what waits for a restart is what its own line names", () => {
  const lines = [
    "~ a  it ended by itself: exit status 3; `--restart a` starts it again",
    "! b  declared anew; `--restart c`",
  ];
  expect(waitingForRestart(reply(...lines))).toEqual(["a"]);
});

test("items are steps or the ending", () => {
  const step = readItem({ event: { subject: "a", text: "started", level: "done", data: {} } });
  expect(step).toEqual({ level: "done", subject: "a", text: "started" });
  const ending = readItem({ result: { done: ["a"], failed: {}, skipped: {}, changed: 1, exit_code: 0 } });
  expect(ending && isEnding(ending)).toBe(true);
  expect(readItem({})).toBeNull();
});

test("losses are texts, where a refusal names any", () => {
  expect(lossesOf({ losses: ["x"] })).toEqual(["x"]);
  expect(lossesOf({})).toEqual([]);
});
