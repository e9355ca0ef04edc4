/** Views whose code is fetched when they are first shown, so that the page itself is there at once. */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Failure, Loading } from "./parts";

/** Returns a component that fetches the one that `load` gives, and shows that. */
export function lazy<P extends object>(
  what: string,
  load: () => Promise<ComponentType<P>>,
): ComponentType<P> {
  let ready: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [problem, setProblem] = useState<unknown>(null);
    const [attempt, setAttempt] = useState(0);
    const [, setArrived] = useState(ready !== null);
    // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` only asks for another try.
    useEffect(() => {
      if (ready !== null) return;
      setProblem(null);
      load().then(
        (component) => {
          ready = component;
          setArrived(true);
        },
        () => setProblem(new Error(`${what} could not be fetched; the page may be older than the daemon`)),
      );
    }, [attempt]);
    if (ready !== null) {
      const View = ready;
      return <View {...props} />;
    }
    if (problem !== null) return <Failure problem={problem} retry={() => setAttempt((count) => count + 1)} />;
    return <Loading what={what} />;
  };
}
