/** The page's own addresses, all behind the `#`: what each says, and how each is written. No document here. */

import { decodeName, decodeQuery, encodeName, encodeQuery, type Query } from "../api/names";

/** The tabs of an agent, in their order. */
export const TABS = ["diff", "files", "changes", "commits", "terminal", "inbox", "runs"] as const;
export type Tab = (typeof TABS)[number];

/** The views that belong to no single agent; `constellation` may narrow them. */
export const PLACES = ["overview", "timeline", "inbox", "overlaps", "plan", "events", "audit"] as const;
export type Place = (typeof PLACES)[number];

/** What a person may look for beside the tabs, and the tab that has it; the query opens it there. */
const PARTS = new Map<string, { tab: Tab; query: Texts }>([
  ["merge", { tab: "changes", query: { merge: "yes" } }],
  ["comments", { tab: "diff", query: { comments: "yes" } }],
]);

/** Where the page is. `query` holds what a view keeps in the address: filters, an open file. */
export type Route =
  | { readonly kind: "place"; readonly place: Place; readonly constellation: string; readonly query: Texts }
  | {
      readonly kind: "agent";
      readonly constellation: string;
      readonly agent: string;
      readonly tab: Tab;
      readonly query: Texts;
    }
  | { readonly kind: "unknown"; readonly hash: string; readonly query: Texts };

export type Texts = Readonly<Record<string, string>>;

/** Reads an address; an empty one is the overview. */
export function parseRoute(hash: string): Route {
  const text = hash.replace(/^#/, "");
  const mark = text.indexOf("?");
  const query = mark < 0 ? {} : decodeQuery(text.slice(mark + 1));
  const path = mark < 0 ? text : text.slice(0, mark);
  const parts = path
    .split("/")
    .filter((part) => part !== "")
    .map(decodeName);
  return placeOf(parts, query) ?? agentOf(parts, query) ?? { kind: "unknown", hash, query };
}

function placeOf(parts: string[], query: Texts): Route | null {
  const inside = parts[0] === "c" && parts.length >= 2;
  const constellation = inside ? (parts[1] ?? "") : "";
  const rest = inside ? parts.slice(2) : parts;
  if (rest.length === 0) return { kind: "place", place: "overview", constellation, query };
  const place = PLACES.find((one) => one === rest[0]);
  if (rest.length !== 1 || place === undefined) return null;
  return { kind: "place", place, constellation, query };
}

function agentOf(parts: string[], query: Texts): Route | null {
  const [c, constellation, agents, agent, named] = parts;
  if (c !== "c" || agents !== "agents" || !constellation || !agent || parts.length > 5) return null;
  if (named === "overlaps") return { kind: "place", place: "overlaps", constellation, query };
  const part = PARTS.get(named ?? "");
  if (part) return { kind: "agent", constellation, agent, tab: part.tab, query: { ...query, ...part.query } };
  const tab = named === undefined ? TABS[0] : TABS.find((one) => one === named);
  return tab === undefined ? null : { kind: "agent", constellation, agent, tab, query };
}

/** Writes the address of a place, of one constellation or of all. */
export function placeAddress(place: Place, constellation = "", query: Query = {}): string {
  const inside = constellation === "" ? "" : `/c/${encodeName(constellation)}`;
  const own = place === "overview" ? "" : `/${place}`;
  return `#${inside}${own || (inside === "" ? "/" : "")}${encodeQuery(query)}`;
}

/** Writes the address of a tab of an agent. */
export function agentAddress(constellation: string, agent: string, tab: Tab, query: Query = {}): string {
  return `#/c/${encodeName(constellation)}/agents/${encodeName(agent)}/${tab}${encodeQuery(query)}`;
}

/** Returns a route's address. */
export function addressOf(route: Route): string {
  if (route.kind === "place") return placeAddress(route.place, route.constellation, route.query);
  if (route.kind === "agent") return agentAddress(route.constellation, route.agent, route.tab, route.query);
  return route.hash;
}
