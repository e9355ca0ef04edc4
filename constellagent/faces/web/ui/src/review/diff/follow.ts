/** Keeps a review fresh: on news of the agent, when the page is looked at again, and now and then while it is. */

import { effect } from "@preact/signals";
import { newsOf } from "../../live/live";

const SETTLE = 300;
const FILE = 2_000;
const LIST = 6_000;

/** What is asked for again: all of it, or the open file alone. */
export interface Followed {
  all(): Promise<unknown>;
  file(): Promise<unknown>;
}

/** Follows an agent until the returned function is called. Never asks twice at once. */
export function followAgent(constellation: string, agent: string, what: Followed): () => void {
  const running = new AbortController();
  let busy = false;
  let again = false;
  let timer = 0;
  const ask = async (how: () => Promise<unknown>): Promise<void> => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    await how().catch(() => undefined);
    busy = false;
    if (again && !running.signal.aborted) {
      again = false;
      soon();
    }
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(what.all), SETTLE);
  };
  const seen = (): void => {
    if (!document.hidden) soon();
  };
  const every = (period: number, how: () => Promise<unknown>): number =>
    window.setInterval(() => {
      if (!document.hidden && !busy) void ask(how);
    }, period);
  const timers = [every(FILE, what.file), every(LIST, what.all)];
  const news = newsOf(constellation, agent);
  let first = true;
  const stop = effect(() => {
    void news.value;
    if (!first) seen();
    first = false;
  });
  document.addEventListener("visibilitychange", seen, { signal: running.signal });
  window.addEventListener("focus", seen, { signal: running.signal });
  return () => {
    running.abort();
    stop();
    clearTimeout(timer);
    for (const one of timers) clearInterval(one);
  };
}
