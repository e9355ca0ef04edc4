/** What is known of all constellations, and how an item of the live stream changes it. No document here. */

import type { AgentView, ConstellationRow, EventView } from "../api/schema";

/** A constellation as the API lists it. */
export type Constellation = ConstellationRow;

/** One item of the live stream; exactly one of the first three. */
export interface Item {
  readonly views?: readonly Constellation[];
  readonly agents?: Readonly<Record<string, readonly AgentView[]>>;
  readonly event?: EventView;
  /** The mark to come back with; what was told before this page came has none. */
  readonly id?: string;
  /** Nothing that was known before counts. */
  readonly fresh?: boolean;
}

export interface World {
  /** Null until the first item came. */
  readonly constellations: readonly Constellation[] | null;
  /** What happened, oldest first. */
  readonly events: readonly EventView[];
}

export const NOTHING: World = { constellations: null, events: [] };
const MOST_EVENTS = 1000;

/** Returns the world after an item; parts that did not change are the same objects. */
export function after(world: World, item: Item): World {
  if (item.views) return { constellations: item.views, events: item.fresh ? [] : world.events };
  if (item.agents) return { ...world, constellations: withAgents(world.constellations, item.agents) };
  if (item.event) return withEvent(world, item.event);
  return world;
}

function withAgents(
  constellations: readonly Constellation[] | null,
  changed: Readonly<Record<string, readonly AgentView[]>>,
): readonly Constellation[] | null {
  if (constellations === null) return null;
  return constellations.map((one) => {
    const fresh = changed[one.file];
    if (fresh === undefined) return one;
    const byName = new Map(fresh.map((agent) => [agent.name, agent]));
    return { ...one, agents: one.agents.map((agent) => byName.get(agent.name) ?? agent) };
  });
}

function withEvent(world: World, event: EventView): World {
  const last = world.events.slice(-50);
  if (last.some((one) => sameEvent(one, event))) return world;
  return { ...world, events: [...world.events.slice(1 - MOST_EVENTS), event] };
}

function sameEvent(one: EventView, other: EventView): boolean {
  return (
    one.at === other.at && one.file === other.file && one.subject === other.subject && one.text === other.text
  );
}

/** Returns which agents an item tells news of, as `file` and agent; "" as agent means all of the file. */
export function touched(item: Item): { file: string; agent: string }[] {
  if (item.views) return item.views.map((one) => ({ file: one.file, agent: "" }));
  if (item.agents) {
    return Object.entries(item.agents).flatMap(([file, agents]) =>
      agents.map((agent) => ({ file, agent: agent.name })),
    );
  }
  return item.event ? [{ file: item.event.file, agent: item.event.subject }] : [];
}

/** Returns what an address calls a constellation: its name, or its id where two have that name. */
export function keyOf(constellation: Constellation, among: readonly Constellation[]): string {
  const alone = among.filter((one) => one.name === constellation.name).length < 2;
  return alone ? constellation.name : (constellation.id ?? constellation.name);
}

/** Finds a constellation by what an address calls it. */
export function findConstellation(key: string, among: readonly Constellation[]): Constellation | undefined {
  return among.find((one) => one.id === key) ?? among.find((one) => keyOf(one, among) === key);
}
