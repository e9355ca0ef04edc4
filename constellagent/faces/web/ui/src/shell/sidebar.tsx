/** The left edge: the places, and every agent of every constellation with its state. */

import type { ComponentChildren } from "preact";
import type { AgentView } from "../api/schema";
import { constellations } from "../live/live";
import { type Constellation, keyOf } from "../live/world";
import { Icon, IconButton } from "./icons";
import { now } from "./now";
import { StateSign } from "./parts";
import { PLACE_SPOTS } from "./places";
import { route } from "./router";
import { agentAddress, PLACES, placeAddress } from "./routes";
import { drawer } from "./state";
import { span } from "./time";

export function Sidebar() {
  const all = constellations.value;
  return (
    <nav class={`side ${drawer.value ? "open" : ""}`} aria-label="Places and agents">
      <div class="side-head">
        <a class="brand" href="#/">
          <Mark />
          constellagent
        </a>
        <span class="only-small">
          <IconButton name="close" label="Close the menu" onClick={() => (drawer.value = false)} />
        </span>
      </div>
      <ul class="side-places">
        {PLACES.map((place) => (
          <li key={place}>
            <Entry address={placeAddress(place)} current={isPlace(place)}>
              <Icon name={PLACE_SPOTS[place].icon} />
              <span class="grow">{PLACE_SPOTS[place].title}</span>
              <kbd class="hint">g {PLACE_SPOTS[place].key}</kbd>
            </Entry>
          </li>
        ))}
      </ul>
      <div class="side-agents">
        {all?.map((one) => (
          <Agents key={one.file} constellation={one} among={all} />
        ))}
      </div>
    </nav>
  );
}

function Agents({ constellation, among }: { constellation: Constellation; among: readonly Constellation[] }) {
  const key = keyOf(constellation, among);
  const here = route.value;
  return (
    <section aria-label={`Agents of ${constellation.name}`}>
      <a
        class="side-title clip"
        href={placeAddress("overview", key)}
        title={constellation.file}
        aria-current={
          here.kind === "place" && here.place === "overview" && here.constellation === key
            ? "page"
            : undefined
        }
      >
        {constellation.name}
        {constellation.problem && <Icon name="warn" />}
      </a>
      <ul>
        {constellation.agents.map((agent) => (
          <li key={agent.name}>
            <AgentEntry constellation={key} agent={agent} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function AgentEntry({ constellation, agent }: { constellation: string; agent: AgentView }) {
  const here = route.value;
  const current = here.kind === "agent" && here.constellation === constellation && here.agent === agent.name;
  const tab = here.kind === "agent" ? here.tab : "diff";
  const unread = (agent.unread_mail ?? 0) + (agent.unread_texts ?? 0);
  const title = `${agent.name}: ${agent.state}${agent.reason ? `, ${agent.reason}` : ""}`;
  return (
    <Entry address={agentAddress(constellation, agent.name, tab)} current={current} title={title}>
      <StateSign state={agent.state} />
      <span class="grow clip">{agent.name}</span>
      <span class="unseen">{agent.state}</span>
      {unread > 0 && (
        <span class="badge" title={`${unread} unread`}>
          {unread}
          <span class="unseen"> unread</span>
        </span>
      )}
      {agent.since !== null && <span class="side-age number">{span(now.value - agent.since)}</span>}
    </Entry>
  );
}

function Entry(props: { address: string; current: boolean; title?: string; children: ComponentChildren }) {
  return (
    <a
      class="side-entry"
      href={props.address}
      title={props.title}
      aria-current={props.current ? "page" : undefined}
      onClick={() => (drawer.value = false)}
    >
      {props.children}
    </a>
  );
}

function isPlace(place: string): boolean {
  const here = route.value;
  return here.kind === "place" && here.place === place && here.constellation === "";
}

/** The page's mark: a small constellation. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M4 14 8.5 5.5 15 9.5 12 16z"
        fill="none"
        stroke="currentColor"
        stroke-width="1"
        opacity="0.55"
      />
      <circle cx="4" cy="14" r="2" />
      <circle cx="8.5" cy="5.5" r="2.4" />
      <circle cx="15" cy="9.5" r="1.8" />
      <circle cx="12" cy="16" r="1.5" />
    </svg>
  );
}
