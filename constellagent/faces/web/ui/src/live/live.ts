/**
 * The one live connection of the page, and what it tells as signals. A connection that breaks is taken up
 * again by itself, later and later up to half a minute, and at once when the page is looked at again.
 */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { get, openSocket } from "../api/client";
import { Problem } from "../api/problem";
import type { AgentView, DaemonView, EventView } from "../api/schema";
import { delayOf, sameDaemon } from "./again";
import {
  after,
  type Constellation,
  findConstellation,
  type Item,
  NOTHING,
  touched,
  type World,
} from "./world";

/** How the connection is; `since` is when that began, in milliseconds. */
export interface Connection {
  readonly state: "connecting" | "live" | "reconnecting" | "stranger";
  readonly since: number;
  readonly attempt: number;
}

const world = signal<World>(NOTHING);

/** How the connection is. */
export const connection = signal<Connection>({ state: "connecting", since: Date.now(), attempt: 0 });
/** Who the daemon is; null until it said so. */
export const daemon = signal<DaemonView | null>(null);
/** When the daemon was found to be another one than before, in milliseconds; 0 while it never was. */
export const restartedAt = signal(0);
/** Every constellation, null until known. */
export const constellations: ReadonlySignal<readonly Constellation[] | null> = computed(
  () => world.value.constellations,
);
/** What happened lately, oldest first. */
export const events: ReadonlySignal<readonly EventView[]> = computed(() => world.value.events);

const ticks = new Map<string, Signal<number>>();
const listeners = new Set<(event: EventView) => void>();

/** Returns a constellation by what the address calls it. */
export function constellationOf(key: string): Constellation | undefined {
  return findConstellation(key, world.value.constellations ?? []);
}

/** Returns an agent, undefined where none is known by that name. */
export function agentOf(constellation: string, agent: string): AgentView | undefined {
  return constellationOf(constellation)?.agents.find((one) => one.name === agent);
}

/**
 * Returns a number that grows whenever there is news of an agent, and when the connection came back: what
 * was read of the agent may then be old.
 */
export function newsOf(constellation: string, agent: string): ReadonlySignal<number> {
  return tick(constellationOf(constellation)?.file ?? constellation, agent);
}

/** Calls back with each event that happens from now on. Returns how to stop that. */
export function onEvent(listener: (event: EventView) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tick(file: string, agent: string): Signal<number> {
  const key = `${file}\n${agent}`;
  const known = ticks.get(key);
  if (known) return known;
  const fresh = signal(0);
  ticks.set(key, fresh);
  return fresh;
}

let socket: WebSocket | null = null;
let timer = 0;
let running = false;
let mark = "";
/** A connection that lasts as long is a good one: the next attempt after it is a first one. */
const GOOD = 5000;

/** Connects, and stays connected until `stopLive`. */
export function startLive(): void {
  if (running) return;
  running = true;
  open();
  addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
}

/** Disconnects, and forgets nothing. */
export function stopLive(): void {
  running = false;
  clearTimeout(timer);
  removeEventListener("online", hurry);
  document.removeEventListener("visibilitychange", hurry);
  socket?.close();
  socket = null;
}

/** Says that the daemon does not know this browser: nothing is tried again until `startLive`. */
export function estrange(): void {
  stopLive();
  connection.value = { state: "stranger", since: Date.now(), attempt: 0 };
}

function hurry(): void {
  if (!document.hidden && connection.value.state === "reconnecting") {
    clearTimeout(timer);
    open();
  }
}

function open(): void {
  if (!running || socket !== null) return;
  const mine = openSocket("/live", { since: mark || undefined });
  socket = mine;
  mine.addEventListener("message", (message) => {
    if (socket === mine && typeof message.data === "string") take(JSON.parse(message.data) as Item);
  });
  mine.addEventListener("open", () => {
    if (socket === mine) opened();
  });
  mine.addEventListener("close", () => {
    if (socket !== mine) return;
    socket = null;
    if (running) void later();
  });
}

/** What was read before may be old, also where nothing that the stream tells has changed. */
function opened(): void {
  const again = world.peek().constellations !== null;
  batch(() => {
    connection.value = { ...connection.peek(), state: "live", since: Date.now() };
    if (again) for (const news of ticks.values()) news.value += 1;
  });
  void greet();
}

function take(item: Item): void {
  mark = item.id ?? mark;
  batch(() => {
    world.value = after(world.peek(), item);
    for (const { file, agent } of touched(item)) {
      for (const [key, news] of ticks) {
        if (agent === "" ? key.startsWith(`${file}\n`) : key === `${file}\n${agent}`) news.value += 1;
      }
    }
  });
  if (item.event && item.id) for (const listener of listeners) listener(item.event);
}

async function greet(): Promise<void> {
  const info = await get<DaemonView>("/info").catch(() => null);
  if (info === null) return;
  if (daemon.value !== null && !sameDaemon(daemon.value, info)) restartedAt.value = Date.now();
  daemon.value = info;
}

async function later(): Promise<void> {
  const before = connection.value;
  const lasted = before.state === "live" && Date.now() - before.since > GOOD;
  const attempt = lasted ? 1 : before.attempt + 1;
  const since = before.state === "reconnecting" ? before.since : Date.now();
  connection.value = { state: "reconnecting", since, attempt };
  timer = window.setTimeout(open, delayOf(attempt, Math.random()));
  const stranger = await get("/me").then(
    () => false,
    (error: unknown) => error instanceof Problem && error.status === 401,
  );
  if (stranger && running) estrange();
}
