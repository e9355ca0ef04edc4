/**
 * Keeps a review fresh: on news of the agent, when the page is looked at again, and now and then while it is. Where
 * answers are slow it asks seldom, so that no worktree is compared without a pause.
 */

import { effect } from "@preact/signals";
import { newsOf } from "../../live/live";
import { type Cause, Pace } from "./pace";

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
  const paces = { all: new Pace(), file: new Pace() };
  let busy: keyof Followed | undefined;
  let again = false;
  let timer = 0;
  const ask = async (which: keyof Followed): Promise<void> => {
    if (busy) {
      again ||= which === "all";
      return;
    }
    busy = which;
    const began = performance.now();
    await what[which]().catch(() => undefined);
    paces[which].answered(began, performance.now());
    busy = undefined;
    if (again && !running.signal.aborted) {
      again = false;
      soon("news");
    }
  };
  const soon = (cause: Cause): void => {
    clearTimeout(timer);
    const rest = Math.max(SETTLE, paces.all.rest(performance.now(), cause));
    timer = window.setTimeout(() => void ask("all"), rest);
  };
  const seen = (cause: Cause): void => {
    if (!document.hidden) soon(cause);
  };
  const looked = (): void => seen("person");
  const every = (period: number, which: keyof Followed): number =>
    window.setInterval(() => {
      if (document.hidden || busy === which || paces[which].rest(performance.now(), "clock") > 0) return;
      void ask(which);
    }, period);
  const timers = [every(LIST, "all"), every(FILE, "file")]; // the list first: both are due at the same moments
  const news = newsOf(constellation, agent);
  let first = true;
  const stop = effect(() => {
    void news.value;
    if (!first) seen("news");
    first = false;
  });
  document.addEventListener("visibilitychange", looked, { signal: running.signal });
  window.addEventListener("focus", looked, { signal: running.signal });
  return () => {
    running.abort();
    stop();
    clearTimeout(timer);
    for (const one of timers) clearInterval(one);
  };
}
