/** The overview's buckets hold every agent once, and its filter looks at all that is shown. */
import { expect, test } from "vitest";
import type { AgentView } from "../api/schema";
import { bucketOf, shows, tally } from "./pick";

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
    "idle",
    "idle",
    "idle",
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
