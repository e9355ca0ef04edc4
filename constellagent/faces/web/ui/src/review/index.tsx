/** The tabs of an agent that show its work; all but the diff are fetched when they are first looked at. */

import type { ComponentType } from "preact";
import { lazy } from "../shell/lazy";
import { DiffTab } from "./diff";

export type ReviewTab = "diff" | "files" | "changes" | "commits";

/** Whose work a tab shows. */
export interface TabProps {
  constellation: string;
  agent: string;
}

const VIEWS: Record<ReviewTab, ComponentType<TabProps>> = {
  diff: DiffTab,
  files: lazy("the files", async () => (await import("./files")).FilesTab),
  changes: lazy("the changes", async () => (await import("./changes")).ChangesTab),
  commits: lazy("the commits", async () => (await import("./commits")).CommitsTab),
};

/** The work of one agent. */
export function ReviewView({ constellation, agent, tab }: TabProps & { tab: ReviewTab }) {
  const View = VIEWS[tab];
  return <View constellation={constellation} agent={agent} />;
}
