/**
 * Which files of a review were seen: kept in the browser, for the very content that was seen. A file that changes
 * afterwards is no longer viewed, without anybody taking the mark away.
 */

import type { FileChange } from "../../api/schema";

/** What was seen of a file: how its change looked in the list, and the content's versions where they were known. */
export interface Seen {
  look: string;
  version: string;
}

export type Marks = Readonly<Record<string, Seen>>;

/** The most marks of one review: enough for weeks, small enough for what a browser keeps. */
const MOST_MARKS = 3000;

/** Returns what the list says of a change; equal as long as nothing is known to have changed. */
export function look(change: FileChange): string {
  const { status, added, removed, old_mode, mode, old_path } = change;
  return JSON.stringify([status, added, removed, old_mode, mode, old_path]);
}

/** Says whether a file counts as viewed; `version` is empty where the content is not known at the moment. */
export function isViewed(marks: Marks, change: FileChange, version: string): boolean {
  const seen = marks[change.path];
  if (!seen || seen.look !== look(change)) return false;
  return version === "" || seen.version === "" || seen.version === version;
}

/** Returns the marks with one file marked or not. */
export function marked(marks: Marks, change: FileChange, version: string, on: boolean): Marks {
  const others = Object.entries(marks).filter(([path]) => path !== change.path);
  if (on) others.push([change.path, { look: look(change), version }]);
  return Object.fromEntries(others.slice(-MOST_MARKS));
}

/** Returns the name under which a review's marks are kept. */
export function markKey(constellation: string, agent: string): string {
  return `viewed.${constellation}/${agent}`;
}

/** Reads kept marks; none where there are none or they cannot be read. */
export function readMarks(text: string | null): Marks {
  try {
    const found: unknown = JSON.parse(text ?? "{}");
    return isMarks(found) ? found : {};
  } catch {
    return {};
  }
}

function isMarks(found: unknown): found is Marks {
  if (typeof found !== "object" || found === null || Array.isArray(found)) return false;
  return Object.values(found).every(
    (one: unknown) =>
      typeof one === "object" &&
      one !== null &&
      "look" in one &&
      "version" in one &&
      typeof one.look === "string",
  );
}
