/** How paths are shown: everything in them can be seen. */

import { expect, test } from "vitest";
import { folderOf, leaf, shown } from "./names";

test("usual names are shown as they are", () => {
  expect(shown("src/café/日本.ts")).toBe("src/café/日本.ts");
});

test("line ends, controls, bytes and marks that turn text around are made visible", () => {
  expect(shown("a\nb\tc")).toBe("a\\nb\\tc");
  expect(shown("x\u202egnp.exe")).toBe("x\\u{202e}gnp.exe");
  expect(shown("odd\udcff\udc80")).toBe("odd\\xff\\x80");
  expect(shown("zero\u200bwidth")).toBe("zero\\u{200b}width");
});

test("a path has a last part and a folder", () => {
  expect([leaf("a/b/c.ts"), folderOf("a/b/c.ts")]).toEqual(["c.ts", "a/b"]);
  expect([leaf("c.ts"), folderOf("c.ts")]).toEqual(["c.ts", ""]);
});
