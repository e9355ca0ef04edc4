/** How a person likes diffs to be shown: kept in the browser, the same for all agents. */

import { signal } from "@preact/signals";
import { keep, kept } from "../../shell/kept";

export interface Prefs {
  inline: boolean;
  fold: boolean;
  ignoreSpace: boolean;
  wrap: boolean;
  tree: boolean;
  comments: boolean;
}

const KEY = "diff";
const USUAL: Prefs = {
  inline: false,
  fold: true,
  ignoreSpace: false,
  wrap: false,
  tree: true,
  comments: false,
};

/** Returns the stored preferences; whatever of them is missing or strange is as usual. */
export function readPrefs(text: string | null): Prefs {
  let found: unknown;
  try {
    found = JSON.parse(text ?? "{}");
  } catch {
    return USUAL;
  }
  if (typeof found !== "object" || found === null) return USUAL;
  const known = found as Record<string, unknown>;
  const prefs: Prefs = { ...USUAL };
  for (const key of Object.keys(USUAL) as (keyof Prefs)[]) {
    const value = known[key];
    if (typeof value === "boolean") prefs[key] = value;
  }
  return prefs;
}

export const prefs = signal<Prefs>(atFirst());

/** On a narrow page the list and the comments lie over the diff, so they are closed at first. */
function atFirst(): Prefs {
  const known = readPrefs(kept(KEY));
  return isNarrow() ? { ...known, tree: false, comments: false } : known;
}

/** Says whether the page has room for one thing beside another. */
export function isNarrow(): boolean {
  return typeof matchMedia === "function" && matchMedia("(max-width: 760px)").matches;
}

/** Changes preferences, for this page and the next ones. */
export function setPrefs(changes: Partial<Prefs>): void {
  prefs.value = { ...prefs.value, ...changes };
  keep(KEY, JSON.stringify(prefs.value));
}
