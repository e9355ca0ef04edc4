/** Which paths a change is about. Pure. */

import type { FileChange } from "../../api/schema";

/** Returns the paths to stage or unstage: a rename is one that goes and one that comes. */
export function pathsOf(file: FileChange): string[] {
  return file.status === "renamed" && file.old_path ? [file.old_path, file.path] : [file.path];
}
