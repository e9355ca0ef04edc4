/** What applying a constellation would do, and doing it: looked at, approved, and told step by step. */

import { useEffect, useState } from "preact/hooks";
import { ofConstellation, post } from "../api/client";
import type { PlanReply } from "../api/schema";
import { constellations } from "../live/live";
import { type Constellation, findConstellation, keyOf } from "../live/world";
import { Icon } from "../shell/icons";
import { useKeys } from "../shell/keys";
import { CopyButton, Empty, Failure, Loading } from "../shell/parts";
import { placeAddress } from "../shell/routes";
import { useRowKeys } from "../shell/rows";
import { ask } from "../shell/talk";
import { mayAct } from "../shell/who";
import { Applying } from "./applying";
import { planRows, waitingForRestart } from "./lines";
import "./plan.css";

export function PlanView({ constellation }: { constellation: string }) {
  const all = constellations.value;
  useRowKeys("Plan");
  if (all === null) return <Loading what="the constellations" />;
  if (!mayAct.value) {
    return (
      <Empty title="This browser may only look">
        Planning looks at every agent's worktree and identity anew.
      </Empty>
    );
  }
  const only = all[0];
  const one =
    constellation === "" ? (all.length === 1 ? only : undefined) : findConstellation(constellation, all);
  if (one) return <OnePlan key={one.file} constellation={one} name={keyOf(one, all)} />;
  return <Choose all={all} />;
}

function Choose({ all }: { all: readonly Constellation[] }) {
  return (
    <div class="view">
      <header class="view-head">
        <h1>Plan</h1>
      </header>
      <div class="view-body">
        {all.length === 0 && <Empty title="Nothing was applied yet" />}
        <ul class="plan-choose">
          {all.map((one) => (
            <li key={one.file}>
              <a data-row class="button" href={placeAddress("plan", keyOf(one, all))}>
                <Icon name="plan" />
                {one.name}
              </a>
              <span class="faint clip">{one.file}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

interface Options {
  readonly prune: boolean;
  /** Agents that are started anew. */
  readonly restart: readonly string[];
}

function OnePlan({ constellation, name }: { constellation: Constellation; name: string }) {
  const [options, setOptions] = useState<Options>({ prune: false, restart: [] });
  const [plan, setPlan] = useState<{ reply?: PlanReply; problem?: unknown }>({});
  const [again, setAgain] = useState(0);
  const [applied, setApplied] = useState<object | null>(null);
  const body = {
    ...(options.prune ? { prune: true } : {}),
    ...(options.restart.length > 0 ? { restart: options.restart } : {}),
  };
  const asked = JSON.stringify(body);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `again` only asks for another plan.
  useEffect(() => {
    const leaving = new AbortController();
    setPlan({});
    post<PlanReply>(ofConstellation(name, "plan"), JSON.parse(asked), { signal: leaving.signal }).then(
      (reply) => setPlan({ reply }),
      (problem: unknown) => {
        if (!leaving.signal.aborted) setPlan({ problem });
      },
    );
    return () => leaving.abort();
  }, [name, asked, again]);
  const look = () => {
    setApplied(null);
    setAgain(again + 1);
  };
  useKeys("Plan", [{ keys: "u", label: "Plan anew", run: look }]);
  const { reply, problem } = plan;
  const waiting = reply ? waitingForRestart(reply) : [];
  return (
    <div class="view">
      <header class="view-head">
        <h1 class="clip">Plan of {constellation.name}</h1>
        <span class="grow" />
        <Switch
          label="Remove what is undeclared"
          on={options.prune}
          set={(prune) => setOptions({ ...options, prune })}
        />
        {(waiting.length > 0 || options.restart.length > 0) && (
          <Switch
            label={`Start anew: ${(options.restart.length > 0 ? options.restart : waiting).join(", ")}`}
            on={options.restart.length > 0}
            set={(on) => setOptions({ ...options, restart: on ? waiting : [] })}
          />
        )}
        <button type="button" class="button" onClick={look}>
          <Icon name="refresh" />
          Plan anew
        </button>
      </header>
      <div class="view-body plan-body">
        {problem !== undefined && <Failure problem={problem} retry={look} />}
        {reply === undefined && problem === undefined && <Loading what="what is there" />}
        {reply && <Shown reply={reply} file={constellation.file} />}
        {reply && !reply.empty && !applied && (
          <button
            type="button"
            class="button primary"
            onClick={() =>
              void approve(reply).then(
                (yes) => yes && setApplied({ ...body, approved: reply.content_hash, plan: reply.plan }),
              )
            }
          >
            <Icon name="play" />
            Apply
          </button>
        )}
        {applied && <Applying name={name} order={applied} file={constellation.file} />}
      </div>
    </div>
  );
}

function Switch({ label, on, set }: { label: string; on: boolean; set: (on: boolean) => void }) {
  return (
    <label class="switch">
      <input type="checkbox" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

function Shown({ reply, file }: { reply: PlanReply; file: string }) {
  const rows = planRows(reply);
  return (
    <>
      <p class="plan-summary">
        {rows.length === 0 && <Icon name="check" />}
        <b>{rows.length === 0 ? "Everything is as declared" : reply.summary}</b>
        {!reply.trusted && <span class="pill alert">the file has changed since it was approved</span>}
        {reply.blocked && <span class="pill bad">blocked</span>}
      </p>
      {rows.length > 0 && (
        <ol class="plan-rows" aria-label="What would be done">
          {rows.map((row) => (
            <li key={`${row.symbol} ${row.subject} ${row.text}`} class={row.change}>
              <span class="plan-symbol" aria-hidden="true">
                {row.symbol}
              </span>
              <b class="plan-subject clip">{row.subject}</b>
              <span class="plan-text">{row.text}</span>
            </li>
          ))}
        </ol>
      )}
      <details class="plan-commands">
        <summary>Commands that this file runs ({reply.commands.length})</summary>
        <ul>
          {reply.commands.map((one) => (
            <li key={`${one.subject} ${one.what} ${one.argv.join(" ")}`}>
              <b>{one.subject}</b> <span class="faint">{one.what}</span> <code>{one.argv.join(" ")}</code>
            </li>
          ))}
        </ul>
      </details>
      <p class="faint plan-file">
        <span class="mono clip">{file}</span>
        <CopyButton text={file} what="the path" />
      </p>
    </>
  );
}

function approve(reply: PlanReply): Promise<boolean> {
  const lines = reply.trusted
    ? planRows(reply).map((row) => `${row.symbol} ${row.subject}  ${row.text}`)
    : reply.commands.map((one) => `${one.subject}  ${one.argv.join(" ")}`);
  return ask({
    title: "Apply this?",
    text: reply.trusted
      ? reply.summary
      : "This file was not approved as it is now. Applying it runs these commands:",
    lines,
    yes: "Apply",
  });
}
