/** Where the page is, as a signal; going elsewhere; and asking first where something would be lost. */

import { signal } from "@preact/signals";
import type { Query } from "../api/names";
import { addressOf, parseRoute, type Route } from "./routes";

/** Where the page is now. */
export const route = signal<Route>(parseRoute(""));

/** Says what would be lost by leaving, or null where nothing would. */
export type Guard = () => string | null;

const guards = new Set<Guard>();
let confirmLeaving: (reason: string) => Promise<boolean> = async () => true;
let settled = "";

/** Asks `guard` before the page leaves where it is. Returns how to stop that. */
export function guardLeaving(guard: Guard): () => void {
  guards.add(guard);
  return () => guards.delete(guard);
}

/** Begins to follow the address; `confirm` asks a person whether to lose something. */
export function startRouter(confirm: (reason: string) => Promise<boolean>): void {
  confirmLeaving = confirm;
  settle(location.hash);
  addEventListener("hashchange", () => void follow());
  addEventListener("beforeunload", (event) => {
    if (reasonToStay() !== null) event.preventDefault();
  });
}

/** Goes to an address such as `agentAddress` writes; with `replace` without a step in the history. */
export function go(address: string, options: { replace?: boolean } = {}): void {
  if (options.replace) {
    history.replaceState(null, "", address);
    void follow();
  } else location.hash = address;
}

/** Changes parameters of the present address in place; undefined or an empty text takes one out. */
export function setQuery(changes: Query): void {
  const now = route.value;
  const query: Record<string, string> = { ...now.query };
  for (const [key, value] of Object.entries(changes)) {
    if (value === undefined || value === "") delete query[key];
    else query[key] = String(value);
  }
  const next = { ...now, query } as Route;
  const address = addressOf(next);
  if (address === settled) return;
  history.replaceState(null, "", address);
  settled = address;
  route.value = next;
}

async function follow(): Promise<void> {
  const wanted = location.hash;
  if (wanted === settled) return;
  const reason = samePlace(parseRoute(wanted), route.value) ? null : reasonToStay();
  if (reason !== null) {
    history.replaceState(null, "", settled || "#/");
    if (!(await confirmLeaving(reason))) return;
    history.replaceState(null, "", wanted);
  }
  settle(wanted);
}

/** Goes to what an address means, and writes it as the page does: one place has one address. */
function settle(hash: string): void {
  const next = parseRoute(hash);
  settled = hash === "" ? hash : addressOf(next);
  if (settled !== hash) history.replaceState(null, "", settled);
  route.value = next;
}

function samePlace(one: Route, other: Route): boolean {
  return addressOf({ ...one, query: {} } as Route) === addressOf({ ...other, query: {} } as Route);
}

function reasonToStay(): string | null {
  for (const guard of guards) {
    const reason = guard();
    if (reason !== null) return reason;
  }
  return null;
}
