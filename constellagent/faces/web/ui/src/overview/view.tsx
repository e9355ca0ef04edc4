/** Every agent of every constellation at a glance: who waits, who works, what changed, what comes next. */

import type { AgentView } from "../api/schema";
import { constellations } from "../live/live";
import { type Constellation, findConstellation, keyOf } from "../live/world";
import { Icon } from "../shell/icons";
import { now } from "../shell/now";
import { Empty, Loading, StateWord } from "../shell/parts";
import { go, route, setQuery } from "../shell/router";
import { agentAddress, placeAddress } from "../shell/routes";
import { focusedRow, useRowKeys } from "../shell/rows";
import { overlay } from "../shell/state";
import { counted, span } from "../shell/time";
import { mayAct } from "../shell/who";
import { BUCKETS, type Bucket, bucketOf, shows, tally } from "./pick";
import { AgentRow } from "./row";
import "./overview.css";

export function Overview({ constellation }: { constellation: string }) {
  const all = constellations.value;
  useRowKeys("Overview", [
    { keys: "t", label: "Terminal of the row", run: () => openRow("terminal") },
    { keys: "i", label: "Inbox of the row", run: () => openRow("inbox") },
    { keys: "s", label: "Send to the agent of the row", run: sendRow },
  ]);
  if (all === null) return <Loading what="all agents" />;
  const one = constellation === "" ? undefined : findConstellation(constellation, all);
  if (constellation !== "" && one === undefined) {
    return (
      <Empty title={`There is no constellation ${constellation}`}>It may not have been applied yet.</Empty>
    );
  }
  const shown = one ? [one] : all;
  if (shown.length === 0) return <Nothing />;
  const bucket = BUCKETS.find((name) => name === route.value.query.state) ?? "all";
  const filter = route.value.query.filter ?? "";
  const agents = shown.flatMap((each) => each.agents);
  const any = agents.some((agent) => shows(agent, bucket, filter));
  return (
    <div class="overview">
      <header class="view-head">
        <h1>{one ? one.name : "Overview"}</h1>
        <span class="faint">{counted(agents.length, "agent")}</span>
        <span class="grow" />
        <Buckets bucket={bucket} agents={agents} />
        <label class="unseen" for="overview-filter">
          Filter agents
        </label>
        <input
          id="overview-filter"
          class="field"
          type="search"
          placeholder="Filter  /"
          data-filter
          value={filter}
          onInput={(event) => setQuery({ filter: event.currentTarget.value })}
        />
      </header>
      <div class="view-body">
        <Attention shown={shown} among={all} />
        {shown.map((each) => (
          <Section
            key={each.file}
            constellation={each}
            name={keyOf(each, all)}
            bucket={bucket}
            filter={filter}
          />
        ))}
        {!any && agents.length > 0 && (
          <Empty title="No agent is like that">Change the filter to see others.</Empty>
        )}
      </div>
    </div>
  );
}

function Nothing() {
  return (
    <Empty title="Nothing was applied yet">
      <p>
        In a repository: <code>constellagent init</code>, then <code>constellagent apply</code>. Its agents
        appear here at once.
      </p>
    </Empty>
  );
}

function Buckets({ bucket, agents }: { bucket: Bucket; agents: readonly AgentView[] }) {
  const counts = tally(agents);
  return (
    <fieldset class="buckets">
      <legend class="unseen">State</legend>
      {BUCKETS.filter((one) => one === "all" || one === bucket || counts[one] > 0).map((one) => (
        <button
          key={one}
          type="button"
          class={`bucket ${one}`}
          aria-pressed={one === bucket}
          onClick={() => setQuery({ state: one === "all" ? undefined : one })}
        >
          {one} <span class="number">{counts[one]}</span>
        </button>
      ))}
    </fieldset>
  );
}

function Attention({ shown, among }: { shown: readonly Constellation[]; among: readonly Constellation[] }) {
  const waiting = shown.flatMap((one) =>
    one.agents
      .filter((agent) => bucketOf(agent) === "waiting" || bucketOf(agent) === "failed")
      .map((agent) => ({ agent, key: keyOf(one, among) })),
  );
  if (waiting.length === 0) return null;
  return (
    <section class="attention" aria-labelledby="attention-title">
      <h2 id="attention-title">{counted(waiting.length, "agent needs", "agents need")} you</h2>
      <ul>
        {waiting.map(({ agent, key }) => (
          <li key={`${key} ${agent.name}`} class={bucketOf(agent)}>
            <a href={agentAddress(key, agent.name, "terminal")} class="attention-name">
              <StateWord state={agent.state} />
              <b class="clip">{agent.name}</b>
            </a>
            <span class="dim clip grow">{agent.reason || agent.title}</span>
            {agent.since !== null && <span class="faint number">{span(now.value - agent.since)}</span>}
            {mayAct.value && agent.session?.live && (
              <button
                type="button"
                class="button"
                onClick={() => (overlay.value = { kind: "send", constellation: key, agent: agent.name })}
              >
                <Icon name="send" />
                Reply
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Section(props: { constellation: Constellation; name: string; bucket: Bucket; filter: string }) {
  const { constellation, name, bucket, filter } = props;
  const agents = constellation.agents.filter((agent) => shows(agent, bucket, filter));
  const problem = constellation.problem ?? constellation.provider_problem;
  if (agents.length === 0 && !problem && (bucket !== "all" || filter !== "")) return null;
  return (
    <section class="fleet" aria-label={constellation.name}>
      <header class="fleet-head">
        <h2>
          <a href={placeAddress("overview", name)}>{constellation.name}</a>
        </h2>
        <span class="faint clip grow" title={constellation.file}>
          {constellation.repo}
        </span>
        <nav class="fleet-links" aria-label={`Places of ${constellation.name}`}>
          <a href={placeAddress("plan", name)}>Plan</a>
          <a href={placeAddress("timeline", name)}>Timeline</a>
        </nav>
      </header>
      {problem && (
        <p class="fleet-problem">
          <Icon name="warn" /> {problem}
        </p>
      )}
      {agents.length > 0 && (
        <table class="agents">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">State</th>
              <th scope="col">Branch</th>
              <th scope="col" class="right">
                Changes
              </th>
              <th scope="col" class="right">
                Unread
              </th>
              <th scope="col">Next</th>
            </tr>
          </thead>
          <tbody>
            {agents.map((agent) => (
              <AgentRow key={agent.name} constellation={name} agent={agent} />
            ))}
          </tbody>
        </table>
      )}
      <Services constellation={constellation} />
    </section>
  );
}

function Services({ constellation }: { constellation: Constellation }) {
  if (constellation.services.length === 0) return null;
  return (
    <ul class="services" aria-label="Services">
      {constellation.services.map((service) => (
        <li key={service.name} title={service.reason}>
          <StateWord state={service.state} />
          <span>{service.name}</span>
          <span class="faint">service</span>
        </li>
      ))}
    </ul>
  );
}

function openRow(tab: "terminal" | "inbox"): void {
  const { constellation, agent } = focusedRow()?.dataset ?? {};
  if (constellation && agent) go(agentAddress(constellation, agent, tab));
}

function sendRow(): void {
  const { constellation, agent } = focusedRow()?.dataset ?? {};
  if (constellation && agent && mayAct.value) overlay.value = { kind: "send", constellation, agent };
}
