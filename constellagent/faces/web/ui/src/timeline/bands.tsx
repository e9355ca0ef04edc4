/** One band for each schedule: bars for runs, hatched stretches for what was missed, marks for what comes. */

import { ofConstellation, post } from "../api/client";
import type { ChangedView, RunView, ScheduleView } from "../api/schema";
import { IconButton } from "../shell/icons";
import { setQuery } from "../shell/router";
import { say, sayProblem } from "../shell/talk";
import { clock, duration, epoch, exact } from "../shell/time";
import { mayAct } from "../shell/who";
import { type Bar, bars, fires, place, type Stretch, ticks } from "./geometry";
import { toneOf, wordOf } from "./words";

interface Props {
  constellation: string;
  schedules: readonly ScheduleView[];
  runs: readonly RunView[];
  shown: Stretch;
  now: number;
  changed: () => void;
}

export function Bands({ constellation, schedules, runs, shown, now, changed }: Props) {
  const bySchedule = Map.groupBy(runs, (run) => run.schedule);
  const gone = [...bySchedule.keys()].filter((name) => !schedules.some((one) => one.schedule === name));
  const zone = -new Date().getTimezoneOffset() * 60;
  const narrow = matchMedia("(max-width: 760px)").matches;
  // A time that would be cut off at the right edge is left out.
  const edge = ticks(shown, narrow ? 3 : 8, zone).filter((at) => place(at, shown) < (narrow ? 84 : 94));
  return (
    <div class="bands">
      <div class="band-edge" aria-hidden="true">
        {edge.map((at) => (
          <span key={at} style={{ left: `${place(at, shown)}%` }}>
            {clock(at, now)}
          </span>
        ))}
      </div>
      {schedules.map((schedule) => (
        <Band
          key={schedule.schedule}
          name={schedule.schedule}
          schedule={schedule}
          constellation={constellation}
          runs={bySchedule.get(schedule.schedule) ?? []}
          shown={shown}
          now={now}
          changed={changed}
        />
      ))}
      {gone.map((name) => (
        <Band
          key={name}
          name={name}
          constellation={constellation}
          runs={bySchedule.get(name) ?? []}
          shown={shown}
          now={now}
          changed={changed}
        />
      ))}
    </div>
  );
}

interface BandProps extends Omit<Props, "schedules"> {
  name: string;
  schedule?: ScheduleView;
}

function Band({ name, schedule, constellation, runs, shown, now, changed }: BandProps) {
  const drawn = bars(runs, shown, now);
  const present = place(now, shown);
  return (
    <div class="band">
      <div class="band-name">
        <b class="clip" title={name}>
          {name || "without a schedule"}
        </b>
        <span class="faint clip" title={schedule?.wakes}>
          {schedule ? <Waking schedule={schedule} now={now} /> : "no longer declared"}
        </span>
      </div>
      {schedule && mayAct.value && (
        <Buttons constellation={constellation} schedule={schedule} changed={changed} />
      )}
      <div class="band-track" style={{ "--lanes": drawn.lanes }}>
        {present > 0 && present < 100 && <span class="band-now" style={{ left: `${present}%` }} />}
        {schedule &&
          fires(schedule, shown).map(({ at, left }) => (
            <span key={at} class="band-fire" style={{ left: `${left}%` }} title={`next: ${exact(at)}`} />
          ))}
        {drawn.bars.map((bar) => (
          <BarButton key={bar.run.run || bar.run.fire_at} bar={bar} />
        ))}
      </div>
    </div>
  );
}

function Waking({ schedule, now }: { schedule: ScheduleView; now: number }) {
  if (schedule.state !== "on") {
    return (
      <span class={schedule.state === "paused" ? "amber" : ""}>
        {schedule.state}
        {schedule.why && `: ${schedule.why}`}
      </span>
    );
  }
  const next = schedule.next[0];
  return (
    <>
      {next && `next ${clock(epoch(next.due), now)} · `}
      {schedule.cron || schedule.wakes}
    </>
  );
}

function BarButton({ bar }: { bar: Bar }) {
  const { run } = bar;
  const time = run.seconds === null ? "" : `, ${duration(run.seconds)}`;
  const count = run.state === "missed" && run.count > 1 ? `, ${run.count} fires` : "";
  const label = `${wordOf(run.state)}${count}${time}, ${exact(epoch(run.fire_at))}`;
  return (
    <button
      type="button"
      class={`bar ${bar.kind} ${toneOf(run.state)}`}
      style={{ left: `${bar.left}%`, width: `${bar.width}%`, "--lane": bar.lane }}
      aria-label={label}
      title={label}
      onClick={() => setQuery({ run: run.run })}
    />
  );
}

function Buttons(props: { constellation: string; schedule: ScheduleView; changed: () => void }) {
  const { constellation, schedule, changed } = props;
  const act = async (verb: "run" | "pause" | "resume", said: string) => {
    const path = ofConstellation(constellation, "schedules", schedule.agent, schedule.name, verb);
    try {
      const answer = await post<RunView | ChangedView>(path, verb === "run" ? undefined : {});
      say("done" in answer && answer.done.length > 0 ? answer.done.join("; ") : said, "done");
      changed();
    } catch (error) {
      sayProblem(error);
    }
  };
  const { schedule: name } = schedule;
  return (
    <div class="band-buttons">
      <IconButton
        name="play"
        label={`Run ${name} now`}
        onClick={() => void act("run", `${name} was told to run`)}
      />
      {schedule.state === "paused" ? (
        <IconButton
          name="refresh"
          label={`Resume ${name}`}
          onClick={() => void act("resume", `${name} goes on`)}
        />
      ) : (
        <IconButton
          name="pause"
          label={`Pause ${name}`}
          onClick={() => void act("pause", `${name} is paused`)}
        />
      )}
    </div>
  );
}
