/** How a path is shown: names may hold anything but NUL and a slash, and what cannot be seen is made visible. */

const NAMED: Record<string, string> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Characters that would hide, reorder or break what is read: controls, format and bidirectional marks. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A byte that is no text travels as U+DC80..DCFF. */
const BYTE = /[\uDC80-\uDCFF]/g;

/** Returns a path with everything visible: `\n`, `\xff`, `\u{202e}`. */
export function shown(path: string): string {
  const seen = path.replace(UNSEEN, (one) => NAMED[one] ?? `\\u{${one.codePointAt(0)?.toString(16) ?? ""}}`);
  return seen.isWellFormed() ? seen : loose(seen);
}

function loose(path: string): string {
  let text = "";
  for (const one of path) {
    const code = one.codePointAt(0) ?? 0;
    text += code >= 0xdc80 && code <= 0xdcff ? one.replace(BYTE, hex) : one.toWellFormed();
  }
  return text;
}

function hex(one: string): string {
  return `\\x${(one.charCodeAt(0) - 0xdc00).toString(16)}`;
}

/** Returns the last part of a path. */
export function leaf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Returns the folder of a path, empty at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
