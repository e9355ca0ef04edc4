/** What is said about a changed file in words, letters and signs: honest about everything that is no plain edit. */

import type { ContentView, FileChange } from "../../api/schema";
import { shown } from "../tree/names";

/** The letter of a status, as git prints it, and what it stands for. */
export const STATUS: Record<FileChange["status"], { letter: string; word: string }> = {
  added: { letter: "A", word: "added" },
  modified: { letter: "M", word: "modified" },
  deleted: { letter: "D", word: "deleted" },
  renamed: { letter: "R", word: "renamed" },
  copied: { letter: "C", word: "copied" },
  type: { letter: "T", word: "changed in type" },
  unmerged: { letter: "!", word: "in conflict" },
  untracked: { letter: "U", word: "untracked" },
};

const MODES: Record<string, string> = {
  "100644": "file",
  "100755": "executable",
  "120000": "symbolic link",
  "160000": "submodule",
  "040000": "folder",
};

/** Returns a mode of git's in words. */
export function modeName(mode: string): string {
  return MODES[mode] ?? mode;
}

/** Returns the notes above a file's diff: renames, modes, conflicts, and what is not tracked. */
export function notes(change: FileChange): string[] {
  const said: string[] = [];
  if (change.old_path !== null && change.old_path !== change.path) {
    said.push(`${change.status === "copied" ? "copied" : "renamed"} from ${shown(change.old_path)}`);
  }
  if (change.old_mode !== "" && change.mode !== "" && change.old_mode !== change.mode) {
    said.push(
      `${modeName(change.old_mode)} (${change.old_mode}) → ${modeName(change.mode)} (${change.mode})`,
    );
  }
  if (change.status === "unmerged")
    said.push("in conflict: the file holds conflict markers until it is resolved");
  if (change.status === "untracked") said.push("untracked: git does not know this file yet");
  return said;
}

const UNITS = ["bytes", "KiB", "MiB", "GiB"];

/** Returns a size in words: `1 byte`, `12.3 KiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** How the two sides of a file are shown. */
export type Showing = "text" | "image" | "facts";

/** Returns how two sides are shown: as text where both have text or are absent, as images, or as facts. */
export function showing(old: ContentView, now: ContentView): Showing {
  const kinds = [old.kind, now.kind].filter((kind) => kind !== "absent");
  if (kinds.length === 0) return "facts";
  if (kinds.every((kind) => kind === "image")) return "image";
  return kinds.every((kind) => kind === "text") ? "text" : "facts";
}

/** Returns what stands in the place of two texts without a character, empty where one has any. */
export function hollow({ old, now }: { old: ContentView; now: ContentView }): string {
  if (old.text || now.text) return "";
  if (old.kind === "absent") return "A new empty file";
  return now.kind === "absent" ? "An empty file, deleted" : "An empty file";
}

/** Which sides of a text there are. */
export type Sides = "both" | "old" | "new";

/** Returns which sides there are: of a file that was added or deleted only one, which then has all the room. */
export function present(old: ContentView, now: ContentView): Sides {
  if ((old.kind === "absent") === (now.kind === "absent")) return "both";
  return old.kind === "absent" ? "new" : "old";
}

/** Returns one side in words. */
export function side(content: ContentView): string {
  switch (content.kind) {
    case "absent":
      return "no file";
    case "symlink":
      return `symbolic link to ${shown(content.text ?? "")}`;
    case "submodule":
      return `submodule at ${(content.text ?? content.commit).slice(0, 12)}`;
    case "large":
      return `${size(content.size)}: too large to be shown here`;
    case "binary":
      return `binary, ${size(content.size)}`;
    case "image":
      return `${content.media || "image"}, ${size(content.size)}`;
    case "text":
      return `text, ${size(content.size)}`;
  }
}

/** Returns what is said of how a text is stored, where that is not the usual UTF-8 with line feeds. */
export function stored(content: ContentView): string {
  const parts = [];
  if (content.encoding !== "" && content.encoding.toLowerCase() !== "utf-8")
    parts.push(content.encoding.toUpperCase());
  if (content.eol !== "" && content.eol !== "lf") parts.push(content.eol.toUpperCase());
  return parts.join(" ");
}

/** Returns why a text cannot be edited here, empty where it can. */
export function locked(content: ContentView): string {
  if (content.kind === "absent") return "the file is not there";
  if (content.kind !== "text") return "only text can be edited";
  if (!content.editable) return "this revision cannot be edited";
  if (content.eol === "mixed" || content.text?.includes("\r")) {
    return "its line ends are mixed: edit it in the agent's worktree, where they are kept";
  }
  return "";
}

/** Returns how many lines were added and removed in all of some files. */
export function totals(files: readonly FileChange[]): { added: number; removed: number } {
  let added = 0;
  let removed = 0;
  for (const file of files) {
    added += file.added ?? 0;
    removed += file.removed ?? 0;
  }
  return { added, removed };
}
