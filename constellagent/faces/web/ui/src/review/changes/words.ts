/** What is said and chosen around commits, staging and discarding. Pure. */

import type { DiffView, FactsView, FileChange } from "../../api/schema";
import { counted } from "../../shell/time";
import { shown } from "../tree/names";

/** Where a change is: in the index, or only on disk. */
export type Part = "staged" | "unstaged";

/** A change that is looked at. */
export interface Chosen {
  part: Part;
  path: string;
}

/** Returns the changed files of a part: conflicts first, then by path. */
export function listed(view: DiffView | null): FileChange[] {
  const files = view?.files ?? [];
  return [...files.filter(inConflict), ...files.filter((one) => !inConflict(one))];
}

function inConflict(file: FileChange): boolean {
  return file.status === "unmerged";
}

/** Both parts, as they are listed. */
export type Parts = Readonly<Record<Part, readonly FileChange[]>>;

/**
 * Returns what to look at now: the same change, where it went to, or the one that took its place in the list.
 * `before` is what was listed when it was chosen.
 */
export function still(chosen: Chosen | null, parts: Parts, before: Parts): Chosen | null {
  const first = (part: Part): Chosen | null => {
    const file = parts[part][0];
    return file ? { part, path: file.path } : null;
  };
  if (chosen === null) return first("unstaged") ?? first("staged");
  const { part, path } = chosen;
  if (parts[part].some((one) => one.path === path)) return chosen;
  const index = before[part].findIndex((one) => one.path === path);
  const next = parts[part][Math.min(Math.max(0, index), parts[part].length - 1)];
  if (next) return { part, path: next.path };
  return first(part === "staged" ? "unstaged" : "staged");
}

/** Returns how the branch stands to its base, in words. */
export function toBase(facts: FactsView): string {
  const { ahead, behind, base } = facts;
  if (ahead === null || behind === null) return `its distance from ${base} is not known`;
  if (ahead === 0 && behind === 0) return `even with ${base}`;
  if (ahead === 0) return `${counted(behind, "commit")} behind ${base}`;
  const over = `${counted(ahead, "commit")} ahead of ${base}`;
  return behind === 0 ? over : `${over}, ${behind} behind`;
}

/** Returns how the branch stands to where it is pushed to, in words. */
export function toUpstream(facts: FactsView): string {
  if (facts.remotes.length === 0) return "no remote to push to";
  if (facts.upstream === "") return "never pushed";
  if (facts.unpushed === null) return `pushed to ${facts.upstream}`;
  return facts.unpushed === 0
    ? `all pushed to ${facts.upstream}`
    : `${counted(facts.unpushed, "commit")} not pushed to ${facts.upstream}`;
}

/** Returns why nothing can be pushed now, empty where something can. */
export function cannotPush(facts: FactsView): string {
  if (facts.branch === "") return "no branch is checked out";
  if (facts.remotes.length === 0) return "the repository has no remote";
  return facts.upstream !== "" && facts.unpushed === 0 ? "everything is pushed" : "";
}

/** Returns why no commit of so many files can be made now, empty where one can. */
export function cannotCommit(facts: FactsView | null, message: string, files: number): string {
  if (!facts) return "it is not known yet where the worktree stands";
  const { operation, conflicted } = facts;
  if (operation === "rebase" || operation === "am")
    return `a ${operation} is going on: the agent finishes it first`;
  if (conflicted > 0) return `${counted(conflicted, "file")} in conflict: resolve and stage them first`;
  if (files === 0 && operation !== "merge") return "nothing is staged";
  return message.trim() === "" ? "say in a line what changed" : "";
}

/** The most characters of a subject that every list shows. */
export const SUBJECT = 72;

/** Returns how long the first line of a message is. */
export function subjectLength(message: string): number {
  return [...(message.trimStart().split("\n")[0] ?? "").trimEnd()].length;
}

/** Returns what is asked before changes of files are thrown away. */
export function discarding(files: readonly FileChange[]): { title: string; text: string; yes: string } {
  const untracked = files.filter((one) => one.status === "untracked").length;
  const changed = files.length - untracked;
  const parts = [];
  if (changed === 1) parts.push("1 file goes back to what is staged or committed.");
  if (changed > 1) parts.push(`${changed} files go back to what is staged or committed.`);
  if (untracked === 1) parts.push("1 file that git does not know is removed.");
  if (untracked > 1) parts.push(`${untracked} files that git does not know are removed.`);
  parts.push("What is thrown away is kept in a rescue ref first.");
  const title =
    files.length === 1
      ? `Discard ${shown(files[0]?.path ?? "")}?`
      : `Discard ${counted(files.length, "change")}?`;
  return { title, text: parts.join(" "), yes: "Discard" };
}

/** Takes the way back out of what was done: a line that says how to get it back. */
export function wayBack(done: readonly string[]): string {
  const start = "get it back with: ";
  return done.find((line) => line.startsWith(start))?.slice(start.length) ?? "";
}
