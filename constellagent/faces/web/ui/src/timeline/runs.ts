/** The runs of a stretch of time, read again when there is news and kept while that goes on. */

import { useCallback, useEffect, useState } from "preact/hooks";
import { all, ofConstellation } from "../api/client";
import type { RunView } from "../api/schema";
import type { Stretch } from "./geometry";

const MOST = 2000;
const PART = 500;
/** A run may have been due before what is shown, and still go on in it. */
const EARLIER = 24 * 3600;

export interface Runs {
  readonly value: readonly RunView[] | undefined;
  readonly problem: unknown;
  readonly reload: () => void;
}

/** Reads the runs of a constellation, or of one agent of it, newest first. */
export function useRuns(constellation: string, agent: string, shown: Stretch, news: number): Runs {
  const [held, setHeld] = useState<{ value: readonly RunView[] | undefined; problem: unknown }>({
    value: undefined,
    problem: null,
  });
  const [again, setAgain] = useState(0);
  const since = new Date((shown.from - EARLIER) * 1000).toISOString();
  const until = new Date(shown.to * 1000).toISOString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` and `news` only ask for another reading.
  useEffect(() => {
    const leaving = new AbortController();
    const query = { since, until, limit: PART, schedule: agent || undefined };
    all<RunView>(ofConstellation(constellation, "runs"), query, MOST, { signal: leaving.signal }).then(
      (value) => setHeld({ value, problem: null }),
      (problem: unknown) => {
        if (!leaving.signal.aborted) setHeld((before) => ({ ...before, problem }));
      },
    );
    return () => leaving.abort();
  }, [constellation, agent, since, until, again, news]);
  const reload = useCallback(() => setAgain((count) => count + 1), []);
  return { ...held, reload };
}
