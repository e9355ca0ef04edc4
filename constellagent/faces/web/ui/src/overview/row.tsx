/** One agent in the overview: a row of a table, and a card where the screen is narrow. */

import type { AgentView } from "../api/schema";
import { Icon } from "../shell/icons";
import { now } from "../shell/now";
import { Distance, Lines, StateWord } from "../shell/parts";
import { go } from "../shell/router";
import { agentAddress } from "../shell/routes";
import { clock, counted, exact, span } from "../shell/time";
import { isCounted } from "./pick";

export function AgentRow({ constellation, agent }: { constellation: string; agent: AgentView }) {
  const address = agentAddress(constellation, agent.name, "diff");
  return (
    <tr
      class={agent.declared ? "" : "undeclared"}
      onClick={(event) => {
        if (!(event.target as HTMLElement).closest("a, button")) go(address);
      }}
    >
      <th scope="row" class="cell-name">
        <a href={address} data-row data-constellation={constellation} data-agent={agent.name}>
          <span class="clip">{agent.name}</span>
        </a>
        <span class="faint cell-kind">{agent.declared ? agent.kind : "no longer declared"}</span>
      </th>
      <td class="cell-state">
        <div>
          <StateWord state={agent.state} />
          {agent.since !== null && <span class="faint number">{span(now.value - agent.since)}</span>}
          <Progress agent={agent} />
          <span class="dim clip reason" title={agent.reason || agent.title}>
            {agent.reason || agent.title}
          </span>
        </div>
      </td>
      <td class="cell-branch">
        <span class="mono clip dim" title={agent.path}>
          {agent.branch}
        </span>
        <Distance ahead={agent.ahead} behind={agent.behind} />
      </td>
      <td class="right cell-changes">
        <Changes agent={agent} />
      </td>
      <td class="right cell-unread">
        <Unread constellation={constellation} agent={agent} />
      </td>
      <td class="cell-next">
        <Next constellation={constellation} agent={agent} />
      </td>
    </tr>
  );
}

/** Lines added and removed; that there are none is shown only once they were counted. */
function Changes({ agent }: { agent: AgentView }) {
  if (isCounted(agent)) return <Lines added={agent.added} removed={agent.removed} />;
  return (
    <span class="faint" title="not counted yet">
      <span aria-hidden="true">…</span>
      <span class="unseen">not counted yet</span>
    </span>
  );
}

function Progress({ agent }: { agent: AgentView }) {
  if (agent.progress === undefined) return null;
  return (
    <progress max={100} value={agent.progress} aria-label={`Progress of ${agent.name}`}>
      {agent.progress} %
    </progress>
  );
}

function Unread({ constellation, agent }: { constellation: string; agent: AgentView }) {
  const mails = agent.unread_mail ?? 0;
  const texts = agent.unread_texts ?? 0;
  if (mails + texts === 0) return null;
  return (
    <a
      class="unread-counts"
      href={agentAddress(constellation, agent.name, "inbox")}
      title={`${mails} mail, ${texts} texts`}
    >
      {mails > 0 && (
        <span>
          <Icon name="mail" />
          {mails}
          <span class="unseen"> unread mail</span>
        </span>
      )}
      {texts > 0 && (
        <span>
          <Icon name="phone" />
          {texts}
          <span class="unseen"> unread texts</span>
        </span>
      )}
    </a>
  );
}

function Next({ constellation, agent }: { constellation: string; agent: AgentView }) {
  const open = agent.runs ?? [];
  if (open.length > 0) {
    return (
      <a class="pill good" href={agentAddress(constellation, agent.name, "runs")}>
        {counted(open.length, "run")} now
      </a>
    );
  }
  const next = agent.next_fire;
  if (!next) return null;
  return (
    <a
      class="dim number"
      href={agentAddress(constellation, agent.name, "runs")}
      title={`${next.schedule}, ${exact(next.due)}`}
    >
      {clock(next.due, now.value)} <span class="faint">in {span(next.due - now.value)}</span>
    </a>
  );
}
