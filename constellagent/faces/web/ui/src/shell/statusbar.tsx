/** The lower edge: how the connection is, what the agents do in numbers, and the newest event. */

import { connection, constellations, daemon, events, restartedAt } from "../live/live";
import { Icon, IconButton } from "./icons";
import { mac } from "./keys";
import { now } from "./now";
import { type State, StateSign } from "./parts";
import { overlay } from "./state";
import { sayProblem } from "./talk";
import { choice, nextTheme } from "./theme";
import { clock, counted, span } from "./time";
import { leave, who } from "./who";

const COUNTED: readonly State[] = ["waiting", "failed", "working", "done"];
const THEMES = { system: "system", dark: "moon", light: "sun" } as const;
const RESTART_SHOWN = 15;

export function StatusBar() {
  return (
    <footer class="status-bar">
      <ConnectionWord />
      <Counts />
      <Newest />
      <span class="grow" />
      {typeof who.value === "object" && who.value.scope === "read" && (
        <span class="pill" title="This browser may look, and change nothing">
          <Icon name="lock" /> read only
        </span>
      )}
      <IconButton
        name={THEMES[choice.value]}
        label={`Theme: ${choice.value === "system" ? "as the machine" : choice.value}`}
        onClick={nextTheme}
      />
      <span class="only-large">
        <IconButton
          name="keyboard"
          label={`Keys (?), palette (${mac ? "⌘" : "Ctrl"}+K)`}
          onClick={() => (overlay.value = { kind: "keys" })}
        />
      </span>
      <IconButton name="logout" label="Log this browser out" onClick={() => void leave().catch(sayProblem)} />
    </footer>
  );
}

function ConnectionWord() {
  const { state, since } = connection.value;
  const seconds = now.value - since / 1000;
  const restarted = restartedAt.value > 0 && now.value - restartedAt.value / 1000 < RESTART_SHOWN;
  const version = daemon.value ? `daemon ${daemon.value.version}` : "connected";
  const words = {
    connecting: "connecting…",
    live: restarted ? "daemon restarted, connected again" : version,
    reconnecting: `reconnecting… ${seconds >= 1 ? span(seconds) : ""}`,
    stranger: "logged out",
  };
  return (
    <span class={`connection ${restarted && state === "live" ? "restarted" : state}`} role="status">
      <span class="lamp" aria-hidden="true" />
      {words[state]}
    </span>
  );
}

function Counts() {
  const agents = (constellations.value ?? []).flatMap((one) => one.agents);
  const counts = COUNTED.map((state) => ({
    state,
    count: agents.filter((one) => one.state === state).length,
  }));
  return (
    <span class="status-counts only-large">
      {counts
        .filter(({ count }) => count > 0)
        .map(({ state, count }) => (
          <span key={state} title={`${counted(count, "agent")} ${state}`}>
            <StateSign state={state} />
            <span class="number">{count}</span>
            <span class="unseen"> {state}</span>
          </span>
        ))}
    </span>
  );
}

function Newest() {
  const event = events.value.at(-1);
  if (!event) return null;
  return (
    <a class="status-event clip only-large" href="#/events">
      <span class="number faint">{clock(event.at, now.value)}</span> {event.subject && <b>{event.subject}</b>}{" "}
      {event.text}
    </a>
  );
}
