/** Which agents the overview shows, and which of them wait for a person. No document here. */

import type { AgentView } from "../api/schema";

export type Bucket = "all" | "waiting" | "working" | "failed" | "done" | "quiet";

/** The buckets in the order of their buttons. */
export const BUCKETS: readonly Bucket[] = ["all", "waiting", "working", "failed", "done", "quiet"];

const OF_STATE: Record<AgentView["state"], Bucket> = {
  starting: "working",
  running: "working",
  working: "working",
  waiting: "waiting",
  done: "done",
  failed: "failed",
  exited: "quiet",
  stopped: "quiet",
  unknown: "quiet",
};

/** Returns the bucket of an agent. */
export function bucketOf(agent: AgentView): Bucket {
  return OF_STATE[agent.state] ?? "quiet";
}

/** Says whether an agent is in a bucket and holds every word of the filter somewhere in what is shown of it. */
export function shows(agent: AgentView, bucket: Bucket, filter: string): boolean {
  if (bucket !== "all" && bucketOf(agent) !== bucket) return false;
  const text = [
    agent.name,
    agent.state,
    agent.reason,
    agent.branch,
    agent.kind,
    agent.address ?? "",
    agent.title ?? "",
  ]
    .join(" ")
    .toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Counts agents by bucket. */
export function tally(agents: readonly AgentView[]): Record<Bucket, number> {
  const counts = Object.fromEntries(BUCKETS.map((one) => [one, 0])) as Record<Bucket, number>;
  for (const agent of agents) counts[bucketOf(agent)] += 1;
  counts.all = agents.length;
  return counts;
}

/** Says whether an agent's changes were counted, or never will be: it has no worktree yet, or is declared no more. */
export function isCounted(agent: AgentView): boolean {
  if (agent.added !== undefined || !agent.declared) return true;
  return agent.session === null && agent.ahead === null;
}
