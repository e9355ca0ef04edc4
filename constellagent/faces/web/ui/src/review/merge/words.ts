/** What a merge would do, in words, and which ways of merging are open. Pure. */

import type { MergeView } from "../../api/schema";
import { counted } from "../../shell/time";

export const METHODS = ["merge", "squash", "rebase"] as const;
export type Method = (typeof METHODS)[number];

/** Returns what a way of merging does to the base. */
export function about(method: Method, view: MergeView): string {
  const one = view.commits === 1;
  if (method === "squash") {
    return `One new commit on ${view.base} with all that ${one ? "the commit" : `the ${view.commits} commits`} changed.`;
  }
  if (method === "rebase") {
    return view.fast_forward
      ? `${view.base} goes on to the branch's newest commit; nothing has to be made again.`
      : one
        ? `The commit is made again on top of ${view.base}.`
        : `The ${view.commits} commits are made again on top of ${view.base}, one by one.`;
  }
  return view.fast_forward
    ? `${view.base} goes on to the branch's newest commit. With a message a merge commit is made.`
    : `A merge commit that joins ${view.base} and ${one ? "the commit" : `the ${view.commits} commits`} of ${view.branch}.`;
}

/** Returns why a way of merging is closed, empty where it is open: commits made again one by one may still fit. */
export function closed(method: Method, view: MergeView): string {
  if (view.up_to_date) return `${view.base} has all of ${view.branch} already`;
  if (view.blocked === "") return "";
  return method === "rebase" && view.conflicts.length > 0 ? "" : view.blocked;
}

/** Returns whether a way of merging makes a commit that takes a message. */
export function takesMessage(method: Method): boolean {
  return method !== "rebase";
}

const KINDS: Record<string, string> = {
  contents: "both sides changed the same lines",
  content: "both sides changed the same lines",
  "add/add": "both sides added it, not alike",
  "modify/delete": "one side changed it, the other deleted it",
  "rename/delete": "one side renamed it, the other deleted it",
  "rename/rename": "both sides renamed it",
  binary: "both sides changed it, and it is no text",
};

/** Returns what kind of conflict git met, in words; of other kinds git's own. */
export function kind(what: string): string {
  const named = /^CONFLICT \((.+)\)$/.exec(what)?.[1] ?? what;
  return KINDS[named] ?? named;
}

/** Returns what to ask the agent for, so that its branch can be merged. */
export function request(view: MergeView): string {
  const paths = view.conflicts.map((one) => one.path).filter((path) => path.isWellFormed());
  const where = paths.length === 0 ? "" : ` It stops at ${paths.slice(0, 10).join(", ")}.`;
  return `Merging ${view.branch} into ${view.base} would conflict.${where} Please merge ${view.base} into ${view.branch}, resolve the conflicts, run the tests and commit.`;
}

/** Returns the facts of a merge, in words, one each. */
export function summary(view: MergeView): string[] {
  if (view.up_to_date) return [`${view.base} has every commit of ${view.branch} already.`];
  const said = [`${counted(view.commits, "commit")}, ${counted(view.files, "file")}`];
  if (view.conflicts.length > 0) said.push(`${counted(view.conflicts.length, "file")} in conflict`);
  else said.push(view.fast_forward ? `${view.base} has not moved since` : "no conflicts");
  return said;
}
