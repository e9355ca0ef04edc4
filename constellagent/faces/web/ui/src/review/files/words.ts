/** What is said below an open file: what it is, how it is stored, how large it is. Pure. */

import type { ContentView } from "../../api/schema";
import { modeName, size } from "../diff/describe";

const ENDS: Record<ContentView["eol"], string> = {
  lf: "LF",
  crlf: "CRLF",
  cr: "CR",
  mixed: "mixed line ends",
  "": "",
};

/** Returns the facts of a file, short, one each: encoding, line ends, size, mode where it is a special one. */
export function facts(content: ContentView): string[] {
  const said: string[] = [];
  if (content.kind === "text") {
    if (content.encoding !== "") said.push(content.encoding.toUpperCase());
    if (ENDS[content.eol] !== "") said.push(ENDS[content.eol]);
  }
  if (content.kind !== "absent" && content.kind !== "submodule") said.push(size(content.size));
  if (content.mode !== "" && content.mode !== "100644") said.push(modeName(content.mode));
  return said;
}

/** What stands in the place of a text: a title, and what is known. */
export interface Instead {
  title: string;
  about: string;
}

/** Returns what stands in the place of the editor for a file that is no text; undefined where there is a text. */
export function instead(content: ContentView): Instead | undefined {
  switch (content.kind) {
    case "text":
    case "image":
      return undefined;
    case "binary":
      return {
        title: "This is no text",
        about: `It has ${size(content.size)}, and is not shown or edited here.`,
      };
    case "large":
      return {
        title: "This file is too large to be shown",
        about: `It has ${size(content.size)}; files up to 5 MiB are sent to a browser.`,
      };
    case "symlink":
      return {
        title: "A symbolic link",
        about: `It points to ${content.text ?? "somewhere"}, and is not followed.`,
      };
    case "submodule":
      return {
        title: "A repository of its own",
        about: `A submodule at commit ${content.text ?? content.commit}. Its files are not looked at here.`,
      };
    case "absent":
      return {
        title: "There is no such file",
        about:
          content.revision === "worktree"
            ? "It is not in the worktree (any more)."
            : "It is not in that revision.",
      };
  }
}

/** Returns the paths opened lately with one more, the newest first. */
export function recently(before: readonly string[], path: string, most = 20): string[] {
  return [path, ...before.filter((one) => one !== path)].slice(0, most);
}

/** Reads the paths that a browser kept. */
export function readRecent(text: string | null): string[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}
