/** Whether a path that was typed may be the path of a new file, and what is wrong with it where not. Pure. */

/** Names below which nothing is ever read or written, in any case. */
const CLOSED = new Set([".git", ".ravi"]);

const LONGEST_NAME = 255;

/** Returns why no file can be made at a path, empty where one can; `there` are the files that exist. */
export function unfit(path: string, there: ReadonlySet<string>): string {
  if (path === "") return "Type a path, such as docs/notes.md.";
  if (path.startsWith("/")) return "A path begins at the top of the worktree, without a slash.";
  const parts = path.split("/");
  if (parts[parts.length - 1] === "") return "A path ends with the name of the file.";
  const odd = parts.find((part) => part === "" || part === "." || part === "..");
  if (odd !== undefined)
    return odd === "" ? "Two slashes in a row name nothing." : `“${odd}” names no folder here.`;
  if (path.includes("\0")) return "A path holds no NUL.";
  if (!path.isWellFormed()) return "This is no text that can be a path.";
  const closed = parts.find((part) => CLOSED.has(part.toLowerCase()));
  if (closed !== undefined) return `Nothing in ${closed} is written from here.`;
  if (parts.some((part) => new TextEncoder().encode(part).length > LONGEST_NAME)) {
    return `A name has at most ${LONGEST_NAME} bytes.`;
  }
  if (there.has(path)) return "There is such a file already.";
  const file = parts.slice(1).findIndex((_, index) => there.has(parts.slice(0, index + 1).join("/")));
  if (file >= 0) return `${parts.slice(0, file + 1).join("/")} is a file, not a folder.`;
  if (folderThere(path, there)) return "There is a folder of this name.";
  return "";
}

function folderThere(path: string, there: ReadonlySet<string>): boolean {
  const start = `${path}/`;
  for (const one of there) if (one.startsWith(start)) return true;
  return false;
}
