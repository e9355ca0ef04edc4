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

const FETCHES = {
  files: () => import("./files"),
  changes: () => import("./changes"),
  commits: () => import("./commits"),
};

const VIEWS: Record<ReviewTab, ComponentType<TabProps>> = {
  diff: DiffTab,
  files: lazy("the files", async () => (await FETCHES.files()).FilesTab),
  changes: lazy("the changes", async () => (await FETCHES.changes()).ChangesTab),
  commits: lazy("the commits", async () => (await FETCHES.commits()).CommitsTab),
};

/** Fetches the code of a tab before it is shown. */
export async function fetchTab(tab: string): Promise<void> {
  await FETCHES[tab as keyof typeof FETCHES]?.();
}

/** The work of one agent. */
export function ReviewView({ constellation, agent, tab }: TabProps & { tab: ReviewTab }) {
  const View = VIEWS[tab];
  return <View constellation={constellation} agent={agent} />;
}
