// @vitest-environment happy-dom
/** A one-time code is taken out of an address, and leads only into the page. */
import { expect, test } from "vitest";
import { codeIn } from "./who";

test("the code and where to go", () => {
  expect(codeIn("#code=abc")).toEqual({ code: "abc", to: "#/" });
  expect(codeIn("#code=abc&go=/c/1/agents/a%20b")).toEqual({ code: "abc", to: "#/c/1/agents/a b" });
});

test("an address elsewhere is not gone to", () => {
  expect(codeIn("#code=abc&go=https://example.com/")).toEqual({ code: "abc", to: "#/" });
});

test("an address without a code has none", () => {
  expect(codeIn("#/c/x?code=1")).toBeNull();
  expect(codeIn("")).toBeNull();
});
