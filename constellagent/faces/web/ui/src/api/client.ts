/**
 * The one way to ask the daemon: JSON both ways, failures as `Problem`, reads with a validator, and streams
 * of JSON lines. No other file of the page calls `fetch`.
 */

import { pageHeader, pageProtocols } from "../login/secret";
import { encodeName, encodeQuery, type Query } from "./names";
import { Problem, problemOf } from "./problem";

const ROOT = "api/v1";

/** What a read gave, with the validator that lets the next read say "the same". */
export interface Known<T> {
  readonly etag: string;
  readonly value: T;
}

/** One part of a long list. */
export interface Page<T> {
  data: T[];
  next: string;
}

export interface Options {
  signal?: AbortSignal;
}

type Listener = () => void;
const strangers = new Set<Listener>();

/** Calls back whenever the daemon says that it does not know who asks. Returns how to stop that. */
export function onStranger(listener: Listener): () => void {
  strangers.add(listener);
  return () => strangers.delete(listener);
}

/** Returns the address of a route: parts are encoded, so they may be any names. */
export function at(...parts: string[]): string {
  return parts.map((part) => `/${encodeName(part)}`).join("");
}

/** Returns the address of something of a constellation. */
export function ofConstellation(constellation: string, ...parts: string[]): string {
  return at("constellations", constellation, ...parts);
}

/** Returns the address of something of an agent. */
export function ofAgent(constellation: string, agent: string, ...parts: string[]): string {
  return at("constellations", constellation, "agents", agent, ...parts);
}

/** Opens a WebSocket. */
export function openSocket(path: string, query: Query = {}): WebSocket {
  const address = new URL(`${ROOT}${path}${encodeQuery(query)}`, document.baseURI);
  address.hash = "";
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(address.href, pageProtocols());
}

/** Reads; an answer without content gives undefined. */
export function get<T>(path: string, query: Query = {}, options: Options = {}): Promise<T> {
  return ask<T>("GET", `${path}${encodeQuery(query)}`, undefined, options);
}

/** Reads again: returns `known` itself where nothing changed since. */
export async function refresh<T>(
  path: string,
  query: Query,
  known: Known<T> | null,
  options: Options = {},
): Promise<Known<T>> {
  const headers: Record<string, string> = known?.etag ? { "If-None-Match": known.etag } : {};
  const response = await reach("GET", `${path}${encodeQuery(query)}`, { headers, ...options });
  if (response.status === 304 && known) return known;
  const value = (await content(response)) as T;
  return { etag: response.headers.get("etag") ?? "", value };
}

/** Reads a whole paged list, at most `most` entries of it. */
export async function all<T>(path: string, query: Query, most: number, options: Options = {}): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<T> = await get<Page<T>>(path, { ...query, cursor }, options);
    found.push(...page.data);
    cursor = page.next || undefined;
  } while (cursor !== undefined && found.length < most);
  return found.slice(0, most);
}

/** Asks for something to be done. */
export function post<T>(path: string, body: unknown = {}, options: Options = {}): Promise<T> {
  return ask<T>("POST", path, body, options);
}

/** Puts something in the place of what is there. */
export function put<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return ask<T>("PUT", path, body, options);
}

/** Changes a part of something. */
export function patch<T>(path: string, body: unknown, options: Options = {}): Promise<T> {
  return ask<T>("PATCH", path, body, options);
}

/** Removes something; the body, where there is one, says which. */
export function remove<T>(path: string, body?: unknown, options: Options = {}): Promise<T> {
  return ask<T>("DELETE", path, body, options);
}

/** Asks for something long to be done, and yields what is told meanwhile: JSON values, one a line. */
export async function* stream<T>(path: string, body: unknown, options: Options = {}): AsyncGenerator<T> {
  const response = await reach("POST", path, { body, ...options });
  if (!response.ok) throw await problemOf(response);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const part = await reader?.read();
      if (!part || part.done) break;
      const lines = (rest + part.value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (line.trim() !== "") yield JSON.parse(line) as T;
    }
  } catch (error) {
    throw lost(error);
  }
  if (rest.trim() !== "") yield JSON.parse(rest) as T;
}

async function ask<T>(method: string, path: string, body: unknown, options: Options): Promise<T> {
  return (await content(await reach(method, path, { body, ...options }))) as T;
}

interface Asked extends Options {
  body?: unknown;
  headers?: Record<string, string>;
}

async function reach(method: string, path: string, asked: Asked): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    ...pageHeader(),
    ...asked.headers,
  };
  if (method !== "GET") headers["Content-Type"] = "application/json";
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store" };
  if (asked.body !== undefined) init.body = JSON.stringify(asked.body);
  if (asked.signal) init.signal = asked.signal;
  let response: Response;
  try {
    response = await fetch(`${ROOT}${path}`, init);
  } catch (error) {
    throw lost(error);
  }
  if (response.status === 401) for (const listener of strangers) listener();
  return response;
}

async function content(response: Response): Promise<unknown> {
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined;
  try {
    return await response.json();
  } catch (error) {
    throw lost(error);
  }
}

function lost(error: unknown): unknown {
  if (error instanceof Problem) return error;
  if (error instanceof DOMException && error.name === "AbortError") return error;
  return new Problem(
    0,
    "the daemon does not answer",
    "`constellagent daemon run` starts it, and so does `constellagent status`",
  );
}
