/** Between which revisions a review looks: as chosen in the toolbar, as kept in the address, as asked of the API. */

import type { Query } from "../../api/names";
import type { ContentView, DiffView, FileChange } from "../../api/schema";

/** Both empty is the usual: from where the branch left its base to the files as they are now. */
export interface Range {
  against: string;
  to: string;
  run: string;
}

export const USUAL: Range = { against: "", to: "", run: "" };

/** The names of the revision that is the files on disk, and of the one that is staged. */
export const WORKTREE = "worktree";
export const INDEX = "index";
/** The name of no file at all, with which the first commit of a history is compared. */
export const EMPTY = "empty";

export type Preset = "base" | "HEAD" | "staged" | "unstaged" | "commit" | "range" | "run";

/** Returns the range of a preset that needs nothing more. */
export function presetRange(preset: "base" | "HEAD" | "staged" | "unstaged"): Range {
  switch (preset) {
    case "base":
      return USUAL;
    case "HEAD":
      return { ...USUAL, against: "HEAD" };
    case "staged":
      return { ...USUAL, against: "HEAD", to: INDEX };
    case "unstaged":
      return { ...USUAL, against: INDEX };
  }
}

/** Returns which preset a range is. */
export function presetOf(range: Range): Preset {
  if (range.run !== "") return "run";
  const to = range.to === WORKTREE ? "" : range.to;
  const against = range.against === "base" ? "" : range.against;
  if (to === "") {
    if (against === "") return "base";
    if (against === "HEAD") return "HEAD";
    return against === INDEX ? "unstaged" : "commit";
  }
  return to === INDEX && against === "HEAD" ? "staged" : "range";
}

/** Returns the range in an address's query. */
export function rangeOf(query: Readonly<Record<string, string>>): Range {
  return { against: query.against ?? "", to: query.to ?? "", run: query.run ?? "" };
}

/** Returns what the API is asked for a range. */
export function asked(range: Range, ignoreSpace: boolean): Query {
  return {
    against: range.against || undefined,
    to: range.to || undefined,
    run: range.run || undefined,
    ignore_space: ignoreSpace || undefined,
  };
}

/** A revision's name is a commit as long as it is neither the files on disk nor what is staged. */
export function isFixed(revision: string): boolean {
  return revision !== WORKTREE && revision !== INDEX;
}

/** Returns the revisions whose contents stand side by side. */
export function revisions(view: DiffView): { old: string; now: string } {
  return {
    old: view.commit || view.against,
    now: view.to_commit || view.to || WORKTREE,
  };
}

/** Returns an answer for a side that has no such file, without asking. */
export function absent(path: string, revision: string): ContentView {
  return {
    path,
    revision,
    commit: "",
    kind: "absent",
    mode: "",
    size: 0,
    version: "",
    text: null,
    encoding: "",
    eol: "",
    data: null,
    media: "",
    editable: false,
  };
}

/** Says which sides of a change have a file at all. */
export function sides(change: FileChange): { old: boolean; now: boolean } {
  return {
    old: change.status !== "added" && change.status !== "untracked",
    now: change.status !== "deleted",
  };
}
