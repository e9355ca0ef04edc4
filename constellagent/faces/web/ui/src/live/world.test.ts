/** The live stream's items bring the world up to date, and nothing that did not change is made anew. */
import { expect, test } from "vitest";
import type { AgentView, EventView } from "../api/schema";
import { after, type Constellation, findConstellation, keyOf, NOTHING, touched } from "./world";

const agent = (name: string, state: AgentView["state"] = "working") => ({ name, state }) as AgentView;
const place = (name: string, file: string, agents: AgentView[], id = file): Constellation => ({
  id,
  name,
  file,
  repo: "/r",
  agents,
  services: [],
});
const event = (at: number, text = "x"): EventView => ({
  at,
  file: "/f",
  subject: "a",
  kind: "state",
  level: "info",
  text,
  notify: false,
});

test("views replace everything, agents only those that they name", () => {
  const other = place("other", "/o", [agent("z")]);
  const first = after(NOTHING, { views: [place("one", "/f", [agent("a"), agent("b")]), other] });
  const next = after(first, { agents: { "/f": [agent("b", "waiting")] } });
  expect(next.constellations?.[0]?.agents.map((one) => one.state)).toEqual(["working", "waiting"]);
  expect(next.constellations?.[0]?.agents[0]).toBe(first.constellations?.[0]?.agents[0]);
  expect(next.constellations?.[1]).toBe(other);
});

test("agents before the first view are nothing yet", () => {
  expect(after(NOTHING, { agents: { "/f": [agent("a")] } }).constellations).toBeNull();
});

test("an event that is told again is not shown twice", () => {
  const once = after(NOTHING, { event: event(1) });
  expect(after(once, { event: event(1) })).toBe(once);
  expect(after(once, { event: event(1, "y") }).events).toHaveLength(2);
});

test("a fresh start forgets the events of before, and events are bounded", () => {
  let world = NOTHING;
  for (let at = 0; at < 1100; at += 1) world = after(world, { event: event(at) });
  expect(world.events).toHaveLength(1000);
  expect(world.events.at(-1)?.at).toBe(1099);
  expect(after(world, { views: [], fresh: true }).events).toEqual([]);
});

test("news is of all agents of a view, of those that changed, or of an event's subject", () => {
  expect(touched({ views: [place("one", "/f", [])] })).toEqual([{ file: "/f", agent: "" }]);
  expect(touched({ agents: { "/f": [agent("a")] } })).toEqual([{ file: "/f", agent: "a" }]);
  expect(touched({ event: event(1) })).toEqual([{ file: "/f", agent: "a" }]);
});

test("an address names a constellation by its name, and by its id where two have that name", () => {
  const all = [place("same", "/1", [], "id1"), place("same", "/2", [], "id2"), place("own", "/3", [], "id3")];
  expect(all.map((one) => keyOf(one, all))).toEqual(["id1", "id2", "own"]);
  expect(findConstellation("id2", all)?.file).toBe("/2");
  expect(findConstellation("own", all)?.file).toBe("/3");
  expect(findConstellation("id3", all)?.file).toBe("/3");
  expect(findConstellation("same", all)).toBeUndefined();
});
