import { expect, test } from "vitest";
import type { RestartView } from "../api/schema";
import { restarted } from "./restarted";

const session = {
  id: "s1",
  role: "agent",
  live: true,
  pid: 1,
  started_at: 1,
  ended_at: null,
  exit_status: null,
  outcome: "",
  socket: "",
  log: "",
} as const;

const view = (more: Partial<RestartView>): RestartView => ({
  session,
  conversation: "",
  resumed: false,
  why: "",
  ...more,
});

test("what became of the conversation is said", () => {
  expect(restarted(view({ conversation: "c", resumed: true }), false)).toBe(
    "started, its conversation goes on",
  );
  expect(restarted(view({ conversation: "c" }), true)).toBe("started, with a new conversation");
  expect(restarted(view({ why: "it is gone" }), false)).toBe("started, with a new conversation: it is gone");
  expect(restarted(view({}), true)).toBe("started");
});

test("an end at once is no start", () => {
  const ended = { ...session, live: false, outcome: "exit status 3" };
  expect(restarted(view({ session: ended, resumed: true }), false)).toBe("ended at once: exit status 3");
});
