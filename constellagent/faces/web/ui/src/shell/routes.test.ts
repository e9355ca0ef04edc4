/** Every place has one address, and every address leads to one place. */
import { expect, test } from "vitest";
import { addressOf, agentAddress, PLACES, parseRoute, placeAddress, TABS } from "./routes";

test("an empty address is the overview", () => {
  for (const hash of ["", "#", "#/"]) {
    expect(parseRoute(hash)).toEqual({ kind: "place", place: "overview", constellation: "", query: {} });
  }
});

test.each(PLACES)("the place %s comes back from its address", (place) => {
  expect(parseRoute(placeAddress(place))).toMatchObject({ kind: "place", place, constellation: "" });
  expect(parseRoute(placeAddress(place, "a/b"))).toMatchObject({
    kind: "place",
    place,
    constellation: "a/b",
  });
});

test.each(TABS)("the tab %s comes back from its address, with odd names", (tab) => {
  const query = { path: "src/\udce9 x.py" };
  const route = { kind: "agent", constellation: "acme web", agent: "fix/it", tab, query } as const;
  expect(parseRoute(agentAddress("acme web", "fix/it", tab, query))).toEqual(route);
  expect(addressOf(route)).toBe(agentAddress("acme web", "fix/it", tab, query));
});

test("an agent without a tab shows its diff, as the command that opens the page writes it", () => {
  expect(parseRoute("#/c/0a1b/agents/writer")).toMatchObject({ kind: "agent", agent: "writer", tab: "diff" });
});

test.each([
  ["merge", "#/c/x/agents/y/changes?path=a&merge=yes"],
  ["comments", "#/c/x/agents/y/diff?path=a&comments=yes"],
  ["overlaps", "#/c/x/overlaps?path=a"],
])("%s of an agent is where it is done", (part, address) => {
  expect(addressOf(parseRoute(`#/c/x/agents/y/${part}?path=a`))).toBe(address);
});

test.each([
  "#/nowhere",
  "#/c/x/agents/y/toString",
  "#/c/x/agents/y/nothing",
  "#/c/x/agents",
  "#/c/x/agents/y/diff/more",
  "#/timeline/x",
])("%s is said to be unknown", (hash) => {
  expect(parseRoute(hash)).toMatchObject({ kind: "unknown", hash });
});
