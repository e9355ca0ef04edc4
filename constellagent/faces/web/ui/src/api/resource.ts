/** Something read from the daemon while a component is shown: read again on news, keeping what was there. */

import type { ReadonlySignal } from "@preact/signals";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Known, refresh } from "./client";
import type { Query } from "./names";

export interface Resource<T> {
  /** What was read last, undefined before the first answer. */
  readonly value: T | undefined;
  /** Why the last reading failed; what was read before stays. */
  readonly problem: unknown;
  readonly loading: boolean;
  /** Reads again. */
  readonly reload: () => void;
}

interface Held<T> {
  readonly key: string;
  readonly known: Known<T> | null;
  readonly problem: unknown;
  readonly loading: boolean;
}

/** Reads `path` (null reads nothing), and again whenever `news` changes. */
export function useResource<T>(
  path: string | null,
  query: Query = {},
  news?: ReadonlySignal<unknown>,
): Resource<T> {
  const key = path === null ? "" : `${path}\n${JSON.stringify(query)}`;
  const [held, setHeld] = useState<Held<T>>({ key, known: null, problem: null, loading: path !== null });
  const [again, setAgain] = useState(0);
  const newest = useRef(held);
  newest.current = held.key === key ? held : { key, known: null, problem: null, loading: path !== null };
  const latest = news?.value;
  const asking = useRef<{ key: string; again: boolean } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` and `latest` only ask for another reading.
  useEffect(() => {
    if (asking.current?.key === key) asking.current.again = true;
    else if (key !== "") void read();
  }, [key, again, latest]);
  useEffect(
    () => () => {
      asking.current = null;
    },
    [],
  );
  /** Reads until there is no newer news: one reading at a time, so that frequent news does not hold it up. */
  async function read(): Promise<void> {
    const mine = { key, again: true };
    asking.current = mine;
    const [place = "", asked = "{}"] = key.split("\n");
    while (mine.again && asking.current === mine) {
      mine.again = false;
      const before = newest.current.key === key ? newest.current.known : null;
      const part = await refresh<T>(place, JSON.parse(asked) as Query, before).then(
        (known) => ({ known, problem: null }),
        (problem: unknown) => ({ known: before, problem }),
      );
      if (asking.current !== mine) return;
      const next = { key, loading: false, ...part };
      newest.current = next;
      setHeld(next);
    }
    if (asking.current === mine) asking.current = null;
  }
  const reload = useCallback(() => setAgain((count) => count + 1), []);
  const { known, problem, loading } = newest.current;
  return { value: known?.value, problem, loading, reload };
}
