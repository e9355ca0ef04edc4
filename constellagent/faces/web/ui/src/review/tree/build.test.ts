/** The tree of files: folders, order, rows, and what is drawn of them. */

import { describe, expect, test } from "vitest";
import { above, build, foldersOf, inOrder, inSight, rows } from "./build";

const tree = (...paths: string[]) => build(paths.map((path) => ({ path, item: path })));
const open = () => false;
const labels = (...paths: string[]) => rows(tree(...paths), open).map((row) => `${row.depth}:${row.label}`);

test("the folders of a path are named from the outermost", () => {
  expect(foldersOf("a/b/c.txt")).toEqual(["a", "a/b"]);
  expect(foldersOf("c.txt")).toEqual([]);
});

describe("build", () => {
  test("folders come before files, both by name", () => {
    expect(labels("b.txt", "z/a.txt", "a.txt", "c/x.txt")).toEqual([
      "0:c",
      "1:x.txt",
      "0:z",
      "1:a.txt",
      "0:a.txt",
      "0:b.txt",
    ]);
  });

  test("folders that hold one folder alone are joined with it", () => {
    expect(labels("src/a/b/one.ts", "src/a/b/two.ts")).toEqual(["0:src/a/b", "1:one.ts", "1:two.ts"]);
    expect(labels("src/one.ts", "src/a/b/two.ts")).toEqual(["0:src", "1:a/b", "2:two.ts", "1:one.ts"]);
  });

  test("names of any kind are kept as they are", () => {
    expect(labels("constructor/__proto__", "a\nb", "</script>")).toContain("1:__proto__");
  });

  test("a folder says how many files it holds at any depth", () => {
    expect(rows(tree("a/b/1", "a/2", "a/c/3"), open)[0]?.count).toBe(3);
  });

  test("50,000 files are a tree in seconds on the slowest machine", () => {
    const paths = Array.from({ length: 50_000 }, (_, at) => `d${at % 97}/e${at % 1009}/file${at}.ts`);
    const started = performance.now();
    expect(rows(tree(...paths), (path) => path.includes("/")).length).toBeGreaterThan(1000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("rows", () => {
  test("nothing below a closed folder is shown", () => {
    const found = rows(tree("a/1", "b/2"), (path) => path === "a");
    expect(found.map((row) => [row.key, row.expanded])).toEqual([
      ["a/", false],
      ["b/", true],
      ["b/2", false],
    ]);
  });

  test("each row says its place among its siblings", () => {
    const found = rows(tree("a/1", "a/2", "3"), open);
    expect(found.map((row) => [row.position, row.siblings])).toEqual([
      [1, 2],
      [1, 2],
      [2, 2],
      [2, 2],
    ]);
  });

  test("a row knows the one that holds it", () => {
    const found = rows(tree("a/b/1", "a/2"), open);
    expect(found.map((_, at) => above(found, at))).toEqual([-1, 0, 1, 0]);
  });

  test("the order of files is that of the rows", () => {
    const root = tree("z", "a/2", "a/b/1", "c");
    const files = rows(root, open).filter((row) => !row.folder);
    expect(inOrder(root).map((entry) => entry.path)).toEqual(files.map((row) => row.path));
  });
});

describe("inSight", () => {
  test("rows in sight and some around them are drawn, never more than there are", () => {
    expect(inSight(0, 100, 20, 1000, 2)).toEqual({ first: 0, last: 7 });
    expect(inSight(1000, 100, 20, 1000, 2)).toEqual({ first: 48, last: 57 });
    expect(inSight(9999, 100, 20, 3, 2)).toEqual({ first: 3, last: 3 });
  });
});
