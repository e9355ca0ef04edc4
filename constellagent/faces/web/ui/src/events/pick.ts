/** Which events are shown. No document here. */

import type { EventView } from "../api/schema";

/** Returns events of a file (all where empty), a kind, and with every word of a filter, newest first. */
export function pickEvents(
  events: readonly EventView[],
  file: string,
  kind: string,
  filter: string,
): readonly EventView[] {
  const words = filter.toLowerCase().split(/\s+/);
  return events
    .filter((event) => file === "" || event.file === file)
    .filter((event) => kind === "" || event.kind === kind)
    .filter((event) => {
      const text = `${event.subject} ${event.text}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .reverse();
}
