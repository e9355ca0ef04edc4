/** The present as a signal that moves once a second while the page is looked at, and ages that follow it. */

import { signal } from "@preact/signals";
import { exact, span } from "./time";

/** Now, epoch seconds. */
export const now = signal(Date.now() / 1000);

setInterval(() => {
  if (!document.hidden) now.value = Date.now() / 1000;
}, 1000);
document.addEventListener("visibilitychange", () => {
  now.value = Date.now() / 1000;
});

/** How long ago something was, or in how long it will be. */
export function Age({ at, prefix = "" }: { at: number; prefix?: string }) {
  const seconds = now.value - at;
  const text = seconds < 0 ? `in ${span(-seconds)}` : span(seconds);
  return (
    <time class="number" title={exact(at)} dateTime={new Date(at * 1000).toISOString()}>
      {prefix}
      {text}
    </time>
  );
}
