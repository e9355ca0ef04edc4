/** What is said of files that are no plain edits, and which of them can be edited. */

import { describe, expect, test } from "vitest";
import type { ContentView, FileChange } from "../../api/schema";
import { hollow, locked, notes, present, showing, side, size, stored } from "./describe";
import { absent } from "./range";

const TEXT: ContentView = {
  ...absent("a.txt", "worktree"),
  kind: "text",
  mode: "100644",
  size: 12,
  version: "v1",
  text: "a\nb\n",
  encoding: "utf-8",
  eol: "lf",
  editable: true,
};
const CHANGE: FileChange = {
  path: "new.txt",
  old_path: "old\n.txt",
  status: "renamed",
  added: 0,
  removed: 0,
  old_mode: "100644",
  mode: "100755",
};

describe("notes", () => {
  test("renames and modes are said", () => {
    expect(notes(CHANGE)).toEqual(["renamed from old\\n.txt", "file (100644) → executable (100755)"]);
  });

  test("a file in conflict is said to be so", () => {
    const said = notes({ ...CHANGE, old_path: null, mode: "100644", status: "unmerged" });
    expect(said).toEqual([expect.stringContaining("conflict markers")]);
  });
});

test("two texts without a character are named, others are shown", () => {
  const none = { ...TEXT, text: "", size: 0 };
  const gone = absent("a.txt", "worktree");
  expect(hollow({ old: gone, now: none })).toBe("A new empty file");
  expect(hollow({ old: none, now: gone })).toBe("An empty file, deleted");
  expect(hollow({ old: none, now: { ...none, mode: "100755" } })).toBe("An empty file");
  expect(hollow({ old: none, now: TEXT })).toBe("");
  expect(hollow({ old: TEXT, now: gone })).toBe("");
});

describe("showing", () => {
  const kind = (one: ContentView["kind"]): ContentView => ({ ...TEXT, kind: one });

  test("text beside text or nothing is compared, images beside images, the rest is told", () => {
    expect(showing(TEXT, TEXT)).toBe("text");
    expect(showing(kind("absent"), TEXT)).toBe("text");
    expect(showing(kind("image"), kind("absent"))).toBe("image");
    expect(showing(kind("image"), TEXT)).toBe("facts");
    expect(showing(kind("large"), TEXT)).toBe("facts");
    expect(showing(kind("absent"), kind("absent"))).toBe("facts");
  });

  test("every kind is said in words", () => {
    expect(side({ ...TEXT, kind: "symlink", text: "../x" })).toBe("symbolic link to ../x");
    expect(side({ ...TEXT, kind: "large", size: 6 << 20 })).toBe("6.0 MiB: too large to be shown here");
    expect(side({ ...TEXT, kind: "submodule", text: "0123456789abcdef" })).toBe("submodule at 0123456789ab");
  });
});

test("sizes are short", () => {
  expect([1, 999, 1024, 15_000, 5 << 20].map(size)).toEqual([
    "1 byte",
    "999 bytes",
    "1.0 KiB",
    "15 KiB",
    "5.0 MiB",
  ]);
});

test("unusual encodings and line ends are shown", () => {
  expect(stored(TEXT)).toBe("");
  expect(stored({ ...TEXT, encoding: "latin-1", eol: "crlf" })).toBe("LATIN-1 CRLF");
});

test("only text whose line ends an editor keeps can be edited", () => {
  expect(locked(TEXT)).toBe("");
  expect(locked({ ...TEXT, eol: "crlf" })).toBe("");
  expect(locked({ ...TEXT, eol: "mixed" })).not.toBe("");
  expect(locked({ ...TEXT, text: "a\rb\n" })).not.toBe("");
  expect(locked({ ...TEXT, editable: false })).not.toBe("");
  expect(locked({ ...TEXT, kind: "absent" })).not.toBe("");
});

test("a file that is on one side alone has all the room", () => {
  const gone = absent("a.txt", "worktree");
  expect(present(gone, TEXT)).toBe("new");
  expect(present(TEXT, gone)).toBe("old");
  expect(present(TEXT, TEXT)).toBe("both");
});
