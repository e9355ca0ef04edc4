/** The runs of schedules over time, what was missed, what comes next; and what a person may do about it. */

import { useState } from "preact/hooks";
import { ofConstellation, type Page } from "../api/client";
import { useResource } from "../api/resource";
import type { ScheduleView } from "../api/schema";
import { constellationOf, constellations, newsOf } from "../live/live";
import { keyOf } from "../live/world";
import { chosen } from "../shell/chosen";
import { IconButton } from "../shell/icons";
import { useKeys } from "../shell/keys";
import { now } from "../shell/now";
import { Empty, Failure, Loading } from "../shell/parts";
import { route, setQuery } from "../shell/router";
import { useRowKeys } from "../shell/rows";
import { Bands } from "./bands";
import { SPANS, type Span, stretch } from "./geometry";
import { RunDetail } from "./run";
import { useRuns } from "./runs";
import { RunTable } from "./table";
import "./timeline.css";

const NAMES = Object.keys(SPANS) as Span[];

/** The timeline of one constellation, or of all. */
export function TimelineView({ constellation }: { constellation: string }) {
  const all = constellations.value;
  if (all === null) return <Loading what="the schedules" />;
  const shown = chosen(all, constellation);
  if (shown.length === 0) return <Empty title="There are no constellations yet" />;
  return (
    <Board title="Timeline" places={shown.map((one) => ({ constellation: keyOf(one, all), agent: "" }))} />
  );
}

/** The runs of one agent. */
export function AgentRuns({ constellation, agent }: { constellation: string; agent: string }) {
  return <Board title="" places={[{ constellation, agent }]} />;
}

interface Place {
  readonly constellation: string;
  readonly agent: string;
}

function Board({ title, places }: { title: string; places: readonly Place[] }) {
  const [moved, setMoved] = useState(0);
  const { query } = route.value;
  const span = NAMES.find((one) => one === query.span) ?? "24h";
  useRowKeys("Timeline");
  useKeys("Timeline", [
    { keys: "ArrowLeft", label: "Earlier", run: () => setMoved(moved - 1) },
    { keys: "ArrowRight", label: "Later", run: () => setMoved(moved + 1) },
    { keys: "Home", label: "To the present", run: () => setMoved(0) },
    ...NAMES.map((one, at) => ({
      keys: String(at + 1),
      label: `Show ${one}`,
      run: () => setQuery({ span: one }),
    })),
  ]);
  return (
    <div class="view">
      <header class="view-head">
        {title && <h1>{title}</h1>}
        <span class="grow" />
        <fieldset class="segments">
          <legend class="unseen">Time shown</legend>
          {NAMES.map((one) => (
            <button
              key={one}
              type="button"
              aria-pressed={one === span}
              onClick={() => setQuery({ span: one })}
            >
              {one}
            </button>
          ))}
        </fieldset>
        <span class="walk">
          <span class="flip">
            <IconButton name="chevron" label="Earlier" onClick={() => setMoved(moved - 1)} />
          </span>
          <button type="button" class="button" disabled={moved === 0} onClick={() => setMoved(0)}>
            Now
          </button>
          <IconButton name="chevron" label="Later" onClick={() => setMoved(moved + 1)} />
        </span>
      </header>
      <div class="view-body">
        {places.map((one) => (
          <Section
            key={`${one.constellation} ${one.agent}`}
            place={one}
            span={span}
            moved={moved}
            titled={places.length > 1}
          />
        ))}
      </div>
    </div>
  );
}

function Section({
  place,
  span,
  moved,
  titled,
}: {
  place: Place;
  span: Span;
  moved: number;
  titled: boolean;
}) {
  const { constellation, agent } = place;
  const news = newsOf(constellation, agent);
  const schedules = useResource<Page<ScheduleView>>(ofConstellation(constellation, "schedules"), {}, news);
  const minute = Math.floor(now.value / 60) * 60;
  const shown = stretch(span, moved, minute);
  const runs = useRuns(constellation, agent, shown, news.value);
  const picked = route.value.query.run ?? "";
  const name = constellationOf(constellation)?.name ?? constellation;
  const problem = schedules.problem ?? runs.problem;
  const reload = () => {
    schedules.reload();
    runs.reload();
  };
  const mine = (schedules.value?.data ?? []).filter((one) => agent === "" || one.agent === agent);
  const open = runs.value?.find((one) => one.run === picked);
  return (
    <section class="fleet" aria-label={name}>
      {titled && <h2 class="section-title">{name}</h2>}
      {problem !== null && <Failure problem={problem} retry={reload} />}
      {schedules.value === undefined && problem === null && <Loading what="the schedules" />}
      {schedules.value && mine.length === 0 && (runs.value?.length ?? 0) === 0 && (
        <Empty title={agent ? `${agent} has no schedules` : "No schedules are declared here"}>
          <p>
            An agent with <code>schedules</code> in <code>constellation.yaml</code> is woken at its times, or
            by mail.
          </p>
        </Empty>
      )}
      {schedules.value && (mine.length > 0 || (runs.value?.length ?? 0) > 0) && (
        <>
          <Bands
            constellation={constellation}
            schedules={mine}
            runs={runs.value ?? []}
            shown={shown}
            now={now.value}
            changed={reload}
          />
          <RunTable runs={runs.value} />
        </>
      )}
      {open && <RunDetail constellation={constellation} run={open} changed={reload} />}
    </section>
  );
}
