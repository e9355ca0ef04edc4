/** What is to be done with an open text when the file has another one now, or when it is to be saved: pure. */

import type { ContentView } from "../../api/schema";

/**
 * How an open file stands to the one on disk. `same`: nothing is to be done. `follow`: show the new text. `changed`:
 * it changed under what was typed, and a person decides. `conflict`: a save was refused for that.
 */
export type Standing = "same" | "follow" | "changed" | "conflict";

/** What the editor was filled from, and what it holds. */
export interface Held {
  base: ContentView;
  dirty: boolean;
}

/** Returns what a fresh look at the file means for the open text. */
export function standing(held: Held, now: ContentView): Exclude<Standing, "conflict"> {
  if (now.version === held.base.version && now.kind === held.base.kind) return "same";
  return held.dirty ? "changed" : "follow";
}

/** Returns what a save sends. The version is that of what the text was made from, so that nothing is overwritten. */
export function save(base: ContentView, text: string): Record<string, string> {
  const body: Record<string, string> = { path: base.path, text, version: base.version };
  if (base.encoding !== "") body.encoding = base.encoding;
  if (base.eol !== "" && base.eol !== "mixed") body.eol = base.eol;
  return body;
}
