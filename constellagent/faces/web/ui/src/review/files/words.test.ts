import { expect, test } from "vitest";
import type { ContentView } from "../../api/schema";
import { absent } from "../diff/range";
import { facts, instead, readRecent, recently } from "./words";

const TEXT: ContentView = {
  ...absent("a.txt", "worktree"),
  kind: "text",
  mode: "100644",
  size: 12,
  text: "hello\nworld\n",
  encoding: "utf-8",
  eol: "lf",
};

test("a text says how it is stored and how large it is", () => {
  expect(facts(TEXT)).toEqual(["UTF-8", "LF", "12 bytes"]);
  expect(facts({ ...TEXT, encoding: "latin-1", eol: "crlf", mode: "100755" })).toEqual([
    "LATIN-1",
    "CRLF",
    "12 bytes",
    "executable",
  ]);
});

test("a file that is not there has no facts", () => {
  expect(facts(absent("a", "worktree"))).toEqual([]);
});

test("texts and images are shown, everything else is said in words", () => {
  expect(instead(TEXT)).toBeUndefined();
  expect(instead({ ...TEXT, kind: "image" })).toBeUndefined();
  expect(instead({ ...TEXT, kind: "symlink", text: "../x" })?.about).toContain("../x");
  expect(instead({ ...TEXT, kind: "large", size: 7 << 20 })?.about).toContain("7.0 MiB");
  expect(instead(absent("a", "HEAD"))?.about).toContain("revision");
});

test("what is opened again comes first once", () => {
  expect(recently(["a", "b", "c"], "c")).toEqual(["c", "a", "b"]);
  expect(recently(["a", "b"], "c", 2)).toEqual(["c", "a"]);
});

test("what was kept is read, whatever it is", () => {
  expect(readRecent('["a", 1, "b"]')).toEqual(["a", "b"]);
  expect(readRecent("{")).toEqual([]);
  expect(readRecent(null)).toEqual([]);
});
