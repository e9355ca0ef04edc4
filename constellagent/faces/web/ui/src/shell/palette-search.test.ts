/** The palette finds by letters in their order, and whole words first. */
import { expect, test } from "vitest";
import { score, search } from "./palette-search";

const found = (items: string[], typed: string) =>
  search(items, typed, (one) => ({ name: one, beside: "" }), 10).map(({ item }) => item);

test("letters must be there in their order", () => {
  expect(found(["writer", "checker"], "wtr")).toEqual(["writer"]);
  expect(found(["writer"], "rw")).toEqual([]);
});

test("beginnings of words and runs of letters come first", () => {
  expect(found(["flaky sign-in", "fix signs", "sign"], "sign")[0]).toBe("sign");
  expect(found(["main", "agent inbox"], "ai")[0]).toBe("agent inbox");
});

test("a letter is found also where a later word begins with it", () => {
  expect(score("xc b c", "cb")?.places).toEqual([1, 3]);
});

test("what stands beside a name is looked at too, after the names", () => {
  const items = [
    { name: "writer", beside: "waiting" },
    { name: "waiter", beside: "" },
  ];
  expect(search(items, "wait", (one) => one, 10).map(({ item }) => item.name)).toEqual(["waiter", "writer"]);
});

test("nothing typed keeps every item", () => {
  expect(found(["b", "a"], "")).toEqual(["b", "a"]);
});

test("with nothing typed, agents and places stand first, in their own order", () => {
  const items = ["zeta", "zeta Files", "alpha", "alpha Files", "Overview"];
  expect(found(items, "")).toEqual(["zeta", "alpha", "Overview", "zeta Files", "alpha Files"]);
});
