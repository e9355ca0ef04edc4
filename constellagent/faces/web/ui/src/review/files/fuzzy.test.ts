import { expect, test } from "vitest";
import { fits } from "./fuzzy";

const PATHS = ["src/app/main.py", "src/app/values.ts", "docs/main.md", "README.md", "src/domain.ts"];

function names(typed: string, paths: readonly string[] = PATHS): string[] {
  return fits(paths, typed).map((fit) => fit.path);
}

test("letters in their order find a path, whatever is between them", () => {
  expect(names("vlts")).toEqual(["src/app/values.ts"]);
  expect(names("stv")).toEqual([]);
});

test("a name that begins with what was typed comes before one that holds it", () => {
  expect(names("main")).toEqual(["docs/main.md", "src/app/main.py", "src/domain.ts"]);
});

test("a folder's letters and a name's find a file together", () => {
  expect(names("app/ma")[0]).toBe("src/app/main.py");
  expect(names("src values")).toEqual(["src/app/values.ts"]);
});

test("case does not matter to what is found, but to which is better", () => {
  expect(names("readme")).toEqual(["README.md"]);
  expect(names("Ab", ["x/ab", "x/Ab"])).toEqual(["x/Ab", "x/ab"]);
});

test("the places are those of the letters", () => {
  const [fit] = fits(["a/bcd"], "abd");
  expect(fit?.places).toEqual([0, 2, 4]);
});

test("letters that stand together at the end are preferred to the same letters far apart", () => {
  const [fit] = fits(["m/a/i/n/main.py"], "main");
  expect(fit?.places).toEqual([8, 9, 10, 11]);
});

test("capitals inside of a name begin words", () => {
  expect(names("fb", ["x/fazbar", "x/fooBar"])[0]).toBe("x/fooBar");
});

test("only the best ones are given, and nothing typed finds nothing", () => {
  const many = Array.from({ length: 1000 }, (_, index) => `dir/file${index}.ts`);
  expect(fits(many, "file").length).toBe(50);
  expect(fits(many, "file", 3).map((fit) => fit.path)).toEqual([
    "dir/file0.ts",
    "dir/file1.ts",
    "dir/file2.ts",
  ]);
  expect(fits(many, "  ")).toEqual([]);
});

test("a letter that is longer in lower case breaks nothing", () => {
  expect(names("İx", ["d/İx"])).toEqual(["d/İx"]);
});

test("fifty thousand paths are searched in a moment", () => {
  const many = Array.from(
    { length: 50_000 },
    (_, index) => `packages/part${index % 97}/src/module${index}.ts`,
  );
  const began = performance.now();
  expect(fits(many, "pkmod42").length).toBe(50);
  expect(performance.now() - began).toBeLessThan(1500);
});
