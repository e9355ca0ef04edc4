/** Which events are shown, and how. No document here. */

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

/** Returns how an event is shown: that a terminal fell quiet is told, and nothing to warn of. */
export function levelOf(event: EventView): EventView["level"] {
  const quiet = event.kind === "state" && event.text === "unknown: quiet";
  return quiet && event.level === "warning" ? "info" : event.level;
}
