/** Which files several agents changed: the most contested first, and agents that could not be looked at. Pure. */

import type { OverlapView } from "../../api/schema";

export interface Picked {
  files: OverlapView[];
  /** Agents whose changes are not known, or not all of them: they may overlap as well. */
  unknown: string[];
}

/** Returns the overlaps whose path or agents fit what was typed, those of most agents first. */
export function pick(overlaps: readonly OverlapView[], fits: (text: string) => boolean): Picked {
  const files = overlaps.filter((one) => one.path !== "" && fits(`${one.path} ${one.agents.join(" ")}`));
  files.sort((one, other) => other.agents.length - one.agents.length || order(one.path, other.path));
  return { files, unknown: overlaps.filter((one) => one.path === "").flatMap((one) => one.agents) };
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Returns how many files each agent shares with others, the most first. */
export function shares(files: readonly OverlapView[]): { agent: string; files: number }[] {
  const counts = new Map<string, number>();
  for (const file of files) for (const agent of file.agents) counts.set(agent, (counts.get(agent) ?? 0) + 1);
  return [...counts]
    .map(([agent, count]) => ({ agent, files: count }))
    .sort((one, other) => other.files - one.files || order(one.agent, other.agent));
}
