/** What happened lately, newest first: every event that the daemon still tells of. */

import type { EventView } from "../api/schema";
import { constellations, events } from "../live/live";
import { type Constellation, findConstellation, keyOf } from "../live/world";
import { Icon } from "../shell/icons";
import { now } from "../shell/now";
import { Empty } from "../shell/parts";
import { route, setQuery } from "../shell/router";
import { agentAddress } from "../shell/routes";
import { useRowKeys } from "../shell/rows";
import { clock, exact } from "../shell/time";
import { levelOf, pickEvents } from "./pick";
import "./events.css";

const SIGNS = { info: "events", done: "check", warning: "warn", error: "warn" } as const;

export function EventsView({ constellation }: { constellation: string }) {
  useRowKeys("Events");
  const all = constellations.value ?? [];
  const { query } = route.value;
  const only = constellation === "" ? "" : (findConstellation(constellation, all)?.file ?? constellation);
  const shown = pickEvents(events.value, only, query.kind ?? "", query.filter ?? "");
  const kinds = [...new Set(events.value.map((event) => event.kind))].sort();
  return (
    <div class="view">
      <header class="view-head">
        <h1>Events</h1>
        <span class="faint only-large">of the last minutes, and since this page is open</span>
        <span class="grow" />
        <select
          class="field"
          aria-label="Kind"
          value={query.kind ?? ""}
          onChange={(event) => setQuery({ kind: event.currentTarget.value || undefined })}
        >
          <option value="">every kind</option>
          {kinds.map((kind) => (
            <option key={kind} value={kind}>
              {kind}
            </option>
          ))}
        </select>
        <input
          class="field"
          type="search"
          placeholder="Filter  /"
          aria-label="Filter events"
          data-filter
          value={query.filter ?? ""}
          onInput={(event) => setQuery({ filter: event.currentTarget.value })}
        />
      </header>
      <div class="view-body">
        {shown.length === 0 ? (
          <Empty
            title={
              query.kind || query.filter
                ? "Nothing has happened that is like that"
                : "Nothing has happened lately"
            }
          />
        ) : (
          <ol class="events" aria-label="Events">
            {shown.map((event) => (
              <Line key={`${event.at} ${event.subject} ${event.text}`} event={event} among={all} />
            ))}
          </ol>
        )}
      </div>
    </div>
  );
}

function Line({ event, among }: { event: EventView; among: readonly Constellation[] }) {
  const place = among.find((one) => one.file === event.file);
  const known = place?.agents.some((agent) => agent.name === event.subject) ?? false;
  const level = levelOf(event);
  return (
    <li class={level}>
      <time class="faint number" title={exact(event.at)}>
        {clock(event.at, now.value)}
      </time>
      <Icon name={SIGNS[level]} />
      <span class="unseen">{level}</span>
      <span class="event-subject clip">
        {known && place ? (
          <a data-row href={agentAddress(keyOf(place, among), event.subject, "terminal")}>
            {event.subject}
          </a>
        ) : (
          event.subject || place?.name
        )}
      </span>
      <span class="pill">{event.kind}</span>
      <span class="event-text">{event.text}</span>
    </li>
  );
}
