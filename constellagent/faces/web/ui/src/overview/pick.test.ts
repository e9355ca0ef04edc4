/** The overview's buckets hold every agent once, and its filter looks at all that is shown. */
import { expect, test } from "vitest";
import type { AgentView } from "../api/schema";
import { bucketOf, isCounted, shows, tally } from "./pick";

const agent = (part: Partial<AgentView>) =>
  ({
    name: "writer",
    state: "working",
    reason: "",
    branch: "agents/writer",
    kind: "claude",
    address: null,
    ...part,
  }) as AgentView;

test("every state is in one bucket", () => {
  const states = [
    "starting",
    "running",
    "working",
    "waiting",
    "done",
    "failed",
    "exited",
    "stopped",
    "unknown",
  ] as const;
  const buckets = states.map((state) => bucketOf(agent({ state })));
  expect(buckets).toEqual([
    "working",
    "working",
    "working",
    "waiting",
    "done",
    "failed",
    "quiet",
    "quiet",
    "quiet",
  ]);
});

test("the counts add up", () => {
  const counts = tally([agent({}), agent({ state: "waiting" }), agent({ state: "waiting" })]);
  expect(counts).toMatchObject({ all: 3, working: 1, waiting: 2, failed: 0 });
});

test("every word of the filter must be somewhere, whatever its case", () => {
  const one = agent({ reason: "asks for Permission" });
  expect(shows(one, "all", "permission CLAUDE")).toBe(true);
  expect(shows(one, "all", "permission codex")).toBe(false);
  expect(shows(one, "waiting", "")).toBe(false);
});

test("changes are awaited only where there is a worktree whose changes can be counted", () => {
  const made = agent({ declared: true, session: null, ahead: 0 });
  expect(isCounted(made)).toBe(false);
  expect(isCounted({ ...made, added: 0, removed: 0 })).toBe(true);
  expect(isCounted({ ...made, ahead: null })).toBe(true);
  expect(isCounted({ ...made, declared: false })).toBe(true);
});
