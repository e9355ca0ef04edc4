/** What each place and tab is called, its sign, and the key that goes there after `g`. */

import type { IconName } from "./icons";
import type { Place, Tab } from "./routes";

export interface Spot {
  readonly title: string;
  readonly icon: IconName;
  readonly key: string;
}

export const PLACE_SPOTS: Record<Place, Spot> = {
  overview: { title: "Overview", icon: "overview", key: "o" },
  timeline: { title: "Timeline", icon: "timeline", key: "l" },
  inbox: { title: "Inboxes", icon: "mail", key: "m" },
  overlaps: { title: "Overlaps", icon: "overlaps", key: "v" },
  plan: { title: "Plan", icon: "plan", key: "p" },
  events: { title: "Events", icon: "events", key: "e" },
  audit: { title: "Audit", icon: "audit", key: "a" },
};

export const TAB_SPOTS: Record<Tab, Spot> = {
  diff: { title: "Diff", icon: "diff", key: "d" },
  files: { title: "Files", icon: "files", key: "f" },
  changes: { title: "Changes", icon: "changes", key: "g" },
  commits: { title: "Commits", icon: "commits", key: "c" },
  terminal: { title: "Terminal", icon: "terminal", key: "t" },
  inbox: { title: "Inbox", icon: "inbox", key: "i" },
  runs: { title: "Runs", icon: "runs", key: "r" },
};
