/** Which commits are listed, which one is looked at, and between which revisions that means. Pure. */

import type { CommitView, FactsView, RunView } from "../../api/schema";
import { EMPTY, type Range, USUAL } from "../diff/range";

/** A row of the list: a commit with what is known of it. A run tells no more than id and subject. */
export interface Row {
  commit: string;
  subject: string;
  full: CommitView | undefined;
}

/** What stands for a run's work as a whole, where a commit could be. */
export const WORK = "work";

export function rowOf(commit: CommitView): Row {
  return { commit: commit.commit, subject: commit.subject, full: commit };
}

/** Returns a row with what was asked for about its commit, where that is the one. */
export function filled(row: Row, asked: CommitView | undefined): Row {
  return row.full === undefined && asked?.commit.startsWith(row.commit) ? rowOf(asked) : row;
}

/** Returns the commits of a run, newest first. */
export function rowsOfRun(run: RunView): Row[] {
  return run.commits.map((one) => ({ commit: one.id ?? "", subject: one.subject ?? "", full: undefined }));
}

/** Returns the runs of an agent that did something, newest first. */
export function runsOf(runs: readonly RunView[], agent: string): RunView[] {
  return runs.filter((run) => run.schedule.split("/")[0] === agent && run.started_at !== "");
}

/** Returns between which revisions a commit is looked at; a first commit has nothing before it. */
export function rangeOfCommit(row: Row): Range {
  const before = row.full ? (row.full.parents[0] ?? EMPTY) : `${row.commit}^`;
  return { ...USUAL, against: before, to: row.commit };
}

/** Returns the range of all that a run did. */
export function rangeOfRun(run: string): Range {
  return { ...USUAL, run };
}

/** Returns the row that an address means; a commit may be cut short. */
export function rowFor(rows: readonly Row[], named: string): Row | undefined {
  return named === "" ? undefined : rows.find((row) => row.commit.startsWith(named));
}

/** Returns whether rows fit what was typed: the subject, the id or who made it. */
export function found(rows: readonly Row[], fits: (text: string) => boolean): Row[] {
  return rows.filter((row) =>
    fits(`${row.commit} ${row.subject} ${row.full?.author ?? ""} ${row.full?.email ?? ""}`),
  );
}

/** Adds a page to a list, leaving out what it has already. */
export function joined(before: readonly CommitView[], page: readonly CommitView[]): CommitView[] {
  const known = new Set(before.map((one) => one.commit));
  return [...before, ...page.filter((one) => !known.has(one.commit))];
}

/** Returns why a branch has no commit of its own to list, as far as it is known where it stands. */
export function whyNone(facts: FactsView | null): string {
  if (facts === null || facts.ahead !== 0) return "The branch has no commit of its own.";
  const branch = facts.branch || "The branch";
  if (facts.behind === null) return `${branch} has no commit that ${facts.base} does not have.`;
  if (facts.behind === 0) return `${branch} is even with ${facts.base}: it has no commit of its own.`;
  return `${facts.base} has all of ${facts.branch || "the branch"}.`;
}
