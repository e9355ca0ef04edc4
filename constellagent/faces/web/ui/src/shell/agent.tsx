/** One agent: who it is and how it is at the top, what may be done about it, and its tabs. */

import { useEffect, useRef } from "preact/hooks";
import { ofAgent, post } from "../api/client";
import type { AgentView } from "../api/schema";
import { agentOf, connection, constellationOf, constellations } from "../live/live";
import { Icon, IconButton } from "./icons";
import { useKeys } from "./keys";
import { lazy } from "./lazy";
import { Age } from "./now";
import { CopyButton, Distance, Empty, Lines, Loading, StateWord } from "./parts";
import { TAB_SPOTS } from "./places";
import { go, route } from "./router";
import { agentAddress, TABS, type Tab } from "./routes";
import { overlay } from "./state";
import { ask, say, sayProblem } from "./talk";
import { mayAct } from "./who";

const ReviewView = lazy("the review", async () => (await import("../review/index")).ReviewView);
const TerminalView = lazy("the terminal", async () => (await import("../terminal/view")).TerminalView);
const InboxView = lazy("the inbox", async () => (await import("../inbox/view")).InboxView);
const RunsView = lazy("the runs", async () => (await import("../timeline/view")).AgentRuns);

interface Place {
  constellation: string;
  agent: string;
}

export function AgentPage({ constellation, agent, tab }: Place & { tab: Tab }) {
  const view = agentOf(constellation, agent);
  useKeys("Agent", agentKeys(constellation, agent, view));
  useEffect(() => {
    document.title = `${agent} · constellagent`;
  }, [agent]);
  const tabs = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another tab is another entry that is current.
  useEffect(() => {
    tabs.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab, view === undefined]);
  if (constellations.value === null && connection.value.state !== "live") return <Loading what={agent} />;
  if (constellations.value !== null && view === undefined)
    return <Unknown constellation={constellation} agent={agent} />;
  return (
    <div class="agent-page">
      <Head constellation={constellation} agent={agent} view={view} />
      <Message view={view} />
      <nav class="tabs" ref={tabs} aria-label={`Views of ${agent}`}>
        {TABS.map((one) => (
          <a
            key={one}
            href={agentAddress(constellation, agent, one)}
            aria-current={one === tab ? "page" : undefined}
            title={`${TAB_SPOTS[one].title} (g ${TAB_SPOTS[one].key})`}
          >
            <Icon name={TAB_SPOTS[one].icon} />
            {TAB_SPOTS[one].title}
            {one === "inbox" && <Unread view={view} />}
          </a>
        ))}
      </nav>
      <div class="tab-body">
        <Body constellation={constellation} agent={agent} tab={tab} />
      </div>
    </div>
  );
}

function Body({ constellation, agent, tab }: Place & { tab: Tab }) {
  const key = `${constellation}\n${agent}`;
  if (tab === "terminal") return <TerminalView key={key} constellation={constellation} agent={agent} />;
  if (tab === "inbox") return <InboxView key={key} constellation={constellation} agent={agent} />;
  if (tab === "runs") return <RunsView key={key} constellation={constellation} agent={agent} />;
  return <ReviewView key={key} constellation={constellation} agent={agent} tab={tab} />;
}

function Head({ constellation, agent, view }: Place & { view: AgentView | undefined }) {
  return (
    <header class="agent-head">
      <div class="agent-name">
        <h1 class="clip">{agent}</h1>
        {view && (
          <span title={view.source && `known by its ${view.source}`}>
            <StateWord state={view.state} />
          </span>
        )}
        {view?.since != null && (
          <span class="faint">
            <Age at={view.since} />
          </span>
        )}
        {view?.reason && (
          <span class="agent-reason dim clip" title={view.reason}>
            {view.reason}
          </span>
        )}
      </div>
      <div class="agent-facts">
        {view?.branch && (
          <span class="fact only-large" title={view.path}>
            <Icon name="branch" />
            <span class="mono clip">{view.branch}</span>
            <Distance ahead={view.ahead} behind={view.behind} />
          </span>
        )}
        <Lines added={view?.added} removed={view?.removed} />
        {view?.address && (
          <span class="fact only-wide">
            <span class="clip dim">{view.address}</span>
            <CopyButton text={view.address} what="the address" />
          </span>
        )}
      </div>
      {mayAct.value && <Actions constellation={constellation} agent={agent} view={view} />}
    </header>
  );
}

/** What the agent says to a person while it waits, or why it failed. */
function Message({ view }: { view: AgentView | undefined }) {
  if (!view?.message || (view.state !== "waiting" && view.state !== "failed")) return null;
  return <p class="agent-message">{view.message}</p>;
}

function Actions({ constellation, agent, view }: Place & { view: AgentView | undefined }) {
  const live = view?.session?.live ?? false;
  return (
    <div class="agent-actions">
      <button
        type="button"
        class="button primary"
        disabled={!live}
        aria-label="Send a prompt"
        title={live ? "Send a prompt (s)" : "It does not run"}
        onClick={() => (overlay.value = { kind: "send", constellation, agent })}
      >
        <Icon name="send" />
        <span class="only-large">Send</span>
      </button>
      <button
        type="button"
        class="button"
        aria-label="Start a run"
        title="Start a run (r)"
        onClick={() => (overlay.value = { kind: "run", constellation, agent })}
      >
        <Icon name="play" />
        <span class="only-large">Run</span>
      </button>
      <IconButton
        name="refresh"
        label="Restart it"
        onClick={() => (overlay.value = { kind: "restart", constellation, agent })}
      />
      <IconButton
        name="stop"
        label="Stop its session"
        disabled={!live}
        onClick={() => void stop(constellation, agent)}
      />
    </div>
  );
}

function Unread({ view }: { view: AgentView | undefined }) {
  const unread = (view?.unread_mail ?? 0) + (view?.unread_texts ?? 0);
  if (unread === 0) return null;
  return (
    <span class="badge">
      {unread}
      <span class="unseen"> unread</span>
    </span>
  );
}

function Unknown({ constellation, agent }: Place) {
  const known = constellationOf(constellation);
  const title = known
    ? `${constellation} has no agent ${agent}`
    : `There is no constellation ${constellation}`;
  return (
    <Empty title={title}>
      <p>
        It may have been removed, or renamed. <a href="#/">The overview</a> shows every agent that there is.
      </p>
    </Empty>
  );
}

async function stop(constellation: string, agent: string): Promise<void> {
  const yes = await ask({
    title: `Stop ${agent}?`,
    text: "Its process is ended. Its worktree, branch and identity stay as they are.",
    yes: "Stop",
    danger: true,
  });
  if (!yes) return;
  try {
    await post(ofAgent(constellation, agent, "stop"));
    say(`${agent} was stopped`, "done");
  } catch (error) {
    sayProblem(error);
  }
}

function agentKeys(constellation: string, agent: string, view: AgentView | undefined) {
  const tabs = TABS.map((tab) => ({
    keys: `g ${TAB_SPOTS[tab].key}`,
    label: TAB_SPOTS[tab].title,
    run: () => go(agentAddress(constellation, agent, tab)),
  }));
  const others = constellationOf(constellation)?.agents ?? [];
  const move = (by: number) => {
    const present = others.findIndex((one) => one.name === agent);
    const next = others[(present + by + others.length) % Math.max(1, others.length)];
    if (next) go(agentAddress(constellation, next.name, currentTab()));
  };
  const walks = [
    { keys: "g n", label: "Next agent", run: () => move(1) },
    { keys: "g b", label: "Previous agent", run: () => move(-1) },
  ];
  if (!mayAct.value) return [...tabs, ...walks];
  const live = view?.session?.live ?? false;
  const acts = [
    {
      keys: "s",
      label: "Send a prompt",
      run: () => (overlay.value = { kind: "send", constellation, agent }),
    },
    { keys: "r", label: "Start a run", run: () => (overlay.value = { kind: "run", constellation, agent }) },
  ];
  return [...tabs, ...walks, ...(live ? acts : acts.slice(1))];
}

function currentTab(): Tab {
  const here = route.peek();
  return here.kind === "agent" ? here.tab : "diff";
}
