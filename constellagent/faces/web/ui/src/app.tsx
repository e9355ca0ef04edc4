/** The page as a whole: who looks decides between the way in and the shell; the address decides what it shows. */

import { useEffect } from "preact/hooks";
import { onStranger } from "./api/client";
import { constellations, estrange, startLive } from "./live/live";
import { findConstellation, keyOf } from "./live/world";
import { Login } from "./login/login";
import { Overview } from "./overview/view";
import { AgentPage } from "./shell/agent";
import { IconButton } from "./shell/icons";
import { KeyHelp } from "./shell/keyhelp";
import { useKeys } from "./shell/keys";
import { lazy } from "./shell/lazy";
import { Palette } from "./shell/palette";
import { Empty, Failure, Loading } from "./shell/parts";
import { PLACE_SPOTS } from "./shell/places";
import { RunBox, SendBox } from "./shell/prompts";
import { RestartBox } from "./shell/restart";
import { go, route } from "./shell/router";
import { addressOf, PLACES, type Place, placeAddress, type Route } from "./shell/routes";
import { Mark, Sidebar } from "./shell/sidebar";
import { drawer, overlay } from "./shell/state";
import { StatusBar } from "./shell/statusbar";
import { Asking, Notes } from "./shell/talk";
import { nextTheme } from "./shell/theme";
import { meet, who, whoProblem } from "./shell/who";

const Timeline = lazy("the timeline", async () => (await import("./timeline/view")).TimelineView);
const Inboxes = lazy("the inboxes", async () => (await import("./inbox/all")).Inboxes);
const Overlaps = lazy("the overlaps", async () => (await import("./review/overlaps")).OverlapsView);
const Plan = lazy("the plan", async () => (await import("./plan/view")).PlanView);
const Events = lazy("the events", async () => (await import("./events/view")).EventsView);
const Audit = lazy("the audit", async () => (await import("./audit/view")).AuditView);

export function App() {
  const known = who.value;
  useEffect(
    () =>
      onStranger(() => {
        estrange();
        if (who.peek() !== "asking") who.value = "stranger";
      }),
    [],
  );
  const inside = typeof known === "object";
  useEffect(() => {
    if (inside) startLive();
  }, [inside]);
  if (known === "stranger") return <Login />;
  if (known === "asking") {
    if (whoProblem.value === null) return <Loading what="who you are" />;
    return <Failure problem={whoProblem.value} retry={() => void meet(null)} />;
  }
  return <Shell />;
}

function Shell() {
  useKeys("Everywhere", [
    {
      keys: "mod+k",
      label: "Go to, or do anything",
      anywhere: true,
      run: () => (overlay.value = { kind: "palette" }),
    },
    { keys: "?", label: "Show these keys", run: () => (overlay.value = { kind: "keys" }) },
    { keys: "T", label: "Switch between dark and light", run: nextTheme },
    ...PLACES.map((place) => ({
      keys: `g ${PLACE_SPOTS[place].key}`,
      label: PLACE_SPOTS[place].title,
      run: () => go(placeAddress(place)),
    })),
  ]);
  return (
    <div class="shell">
      <button
        type="button"
        class="skip button primary"
        onClick={() => document.getElementById("main")?.focus()}
      >
        Skip to the content
      </button>
      <header class="small-head only-small">
        <IconButton name="menu" label="Places and agents" onClick={() => (drawer.value = true)} />
        <a class="brand" href="#/">
          <Mark />
          constellagent
        </a>
        <span class="grow" />
        <IconButton
          name="search"
          label="Go to, or do"
          onClick={() => (overlay.value = { kind: "palette" })}
        />
      </header>
      <Sidebar />
      {drawer.value && (
        <button
          type="button"
          class="veil"
          aria-label="Close the menu"
          onClick={() => (drawer.value = false)}
        />
      )}
      <main id="main" tabIndex={-1}>
        <View />
      </main>
      <StatusBar />
      <Notes />
      <Overlay />
      <Asking />
    </div>
  );
}

function View() {
  const here = route.value;
  useCanonical(here);
  if (here.kind === "agent") {
    return <AgentPage constellation={here.constellation} agent={here.agent} tab={here.tab} />;
  }
  if (here.kind === "place") return <PlaceView place={here.place} constellation={here.constellation} />;
  return (
    <Empty title="This page has no such place">
      <a href="#/">Go to the overview</a>
    </Empty>
  );
}

/** An address may name a constellation by its id; the page goes on with the name that it shows. */
function useCanonical(here: Route): void {
  const all = constellations.value;
  const named = here.kind === "unknown" ? "" : here.constellation;
  const found = all && named !== "" ? findConstellation(named, all) : undefined;
  const key = all && found ? keyOf(found, all) : named;
  useEffect(() => {
    if (key !== named && here.kind !== "unknown")
      go(addressOf({ ...here, constellation: key }), { replace: true });
  }, [key, named, here]);
}

function PlaceView({ place, constellation }: { place: Place; constellation: string }) {
  useEffect(() => {
    document.title = `${PLACE_SPOTS[place].title} · constellagent`;
  }, [place]);
  if (place === "overview") return <Overview constellation={constellation} />;
  const Shown = {
    timeline: Timeline,
    inbox: Inboxes,
    overlaps: Overlaps,
    plan: Plan,
    events: Events,
    audit: Audit,
  }[place];
  return <Shown key={constellation} constellation={constellation} />;
}

function Overlay() {
  const shown = overlay.value;
  if (shown.kind === "palette") return <Palette />;
  if (shown.kind === "keys") return <KeyHelp />;
  if (shown.kind === "send") {
    return <SendBox constellation={shown.constellation} agent={shown.agent} text={shown.text} />;
  }
  if (shown.kind === "restart") {
    return <RestartBox constellation={shown.constellation} agent={shown.agent} />;
  }
  return shown.kind === "run" ? <RunBox constellation={shown.constellation} agent={shown.agent} /> : null;
}
