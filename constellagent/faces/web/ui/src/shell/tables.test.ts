/**
 * All keys of the page, as its sources bind them: of those that hold at the same time none is another's beginning,
 * because the longer one could never be reached, and none is bound twice.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { PLACE_SPOTS, TAB_SPOTS } from "./places";

const SOURCES = fileURLToPath(new URL("..", import.meta.url));
const MACHINERY = ["shell/keys.ts", "shell/keyhelp.tsx", "shell/chords.ts"];
const LISTS = "Lists";

/** The tables that hold together, beside those of the whole page. */
const TOGETHER: Record<string, readonly string[]> = {
  Overview: [LISTS],
  Timeline: [LISTS],
  Audit: [LISTS],
  Events: [LISTS],
  Overlaps: [LISTS],
  Inboxes: [LISTS],
  Plan: [],
};
/** The same below the head of an agent. */
const OF_AGENT: Record<string, readonly string[]> = {
  Differences: [],
  Files: [],
  Changes: [LISTS],
  Commits: ["Differences"],
  Terminal: [],
  Inbox: [LISTS],
  Timeline: [LISTS],
};

/** Returns the keys of every table by its title. */
function tables(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: "utf-8" })) {
    if (!/\.tsx?$/.test(name) || name.includes(".test.") || MACHINERY.includes(name)) continue;
    const text = readFileSync(`${SOURCES}/${name}`, "utf-8");
    const keys = [...text.matchAll(/\bkeys:\s*("[^"]+"|`[^`]+`|String\([^)]*\)),\s*label:/g)].flatMap((one) =>
      written(one[1] ?? ""),
    );
    const titles = [...text.matchAll(/\buse(?:Row)?Keys\(\s*"([^"]+)"/g)].map((one) => one[1] ?? "");
    const [title] = name === "shell/rows.ts" ? [LISTS] : titles;
    for (const one of titles) found.set(one, found.get(one) ?? []);
    if (keys.length > 0) found.set(title ?? name, [...(found.get(title ?? name) ?? []), ...keys]);
  }
  return found;
}

/** Returns the keys of one binding as it is written; one may stand for each of a list. */
function written(keys: string): string[] {
  if (keys.startsWith('"')) return [keys.slice(1, -1)];
  if (keys.includes("PLACE_SPOTS")) return Object.values(PLACE_SPOTS).map(({ key }) => `g ${key}`);
  if (keys.includes("TAB_SPOTS")) return Object.values(TAB_SPOTS).map(({ key }) => `g ${key}`);
  return ["1", "2", "3", "4", "5", "6", "7", "8", "9"];
}

/** Returns what cannot be reached among keys that hold together. */
function clashes(keys: readonly string[]): string[] {
  return keys.flatMap((one, at) =>
    keys.flatMap((other, place) =>
      place !== at && (other === one || other.startsWith(`${one} `)) ? [`${one} before ${other}`] : [],
    ),
  );
}

const all = tables();
const page = all.get("Everywhere") ?? [];
const agent = all.get("Agent") ?? [];
const views = [
  ...Object.entries(TOGETHER).map(([title, more]) => ({ title, more, around: page })),
  ...Object.entries(OF_AGENT).map(([title, more]) => ({ title, more, around: [...page, ...agent] })),
];

test("every table is known here, and those of the whole page are found", () => {
  const known = new Set(["Everywhere", "Agent", LISTS, ...views.map(({ title }) => title)]);
  expect([...all.keys()].filter((title) => !known.has(title))).toEqual([]);
  expect(page).toContain("?");
  expect(page).toContain("g o");
  expect(agent).toContain("g d");
});

test.each(views)("no key of $title hides another", ({ title, more, around }) => {
  const own = [title, ...more].flatMap((one) => all.get(one) ?? []);
  expect(clashes([...around, ...own])).toEqual([]);
});

test("a beginning and a second use are seen", () => {
  expect(clashes(["t", "t t"])).toEqual(["t before t t"]);
  expect(clashes(["a", "a"]).length).toBe(2);
  expect(clashes(["g o", "g", "go"])).toEqual(["g before g o"]);
});
