/** The commits of an agent's branch, or of one of its runs, and what the chosen one changed. */

import type { ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { ofAgent, ofConstellation, type Page } from "../../api/client";
import { useResource } from "../../api/resource";
import type { CommitView, RunView } from "../../api/schema";
import { newsOf } from "../../live/live";
import { useKeys } from "../../shell/keys";
import { CopyButton, Empty, Failure, Loading } from "../../shell/parts";
import { route, setQuery } from "../../shell/router";
import { epoch, exact } from "../../shell/time";
import { mayAct } from "../../shell/who";
import { Back } from "../changes/back";
import { DiffTab } from "../diff";
import { followAgent } from "../diff/follow";
import { isNarrow } from "../diff/prefs";
import { MergeDialog } from "../merge/dialog";
import { filter } from "../tree/filter";
import { CommitList } from "./list";
import {
  filled,
  found,
  type Row,
  rangeOfCommit,
  rangeOfRun,
  rowFor,
  rowOf,
  rowsOfRun,
  runsOf,
  WORK,
} from "./pick";
import { Commits } from "./state";
import "../diff/diff.css";
import "./commits.css";

interface Props {
  constellation: string;
  agent: string;
}

export function CommitsTab({ constellation, agent }: Props) {
  const commits = useMemo(() => new Commits(constellation, agent), [constellation, agent]);
  const [typed, setTyped] = useState("");
  const [merging, setMerging] = useState(false);
  const query = route.value.query;
  const runs = useRuns(constellation, agent);
  const run = runs.find((one) => one.run === query.run);
  useEffect(() => {
    void commits.refresh();
    const refresh = () => commits.refresh();
    return followAgent(constellation, agent, { all: refresh, file: () => Promise.resolve() });
  }, [commits, constellation, agent]);
  const all = run ? rowsOfRun(run) : (commits.list.value ?? []).map(rowOf);
  const rows = typed === "" ? all : found(all, filter(typed));
  const named = query.commit ?? "";
  const newest = run || named !== "" || isNarrow() ? undefined : rows[0];
  const row = rowFor(all, named) ?? newest ?? outside(named);
  const choose = (commit: string) => setQuery({ commit, path: undefined });
  const walk = (by: number) => {
    const at = rows.findIndex((one) => one.commit === row?.commit);
    const next = rows[at < 0 ? 0 : Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next) choose(next.commit);
  };
  useKeys("Commits", [
    { keys: "j", label: "Next commit", run: () => walk(1) },
    { keys: "k", label: "Previous commit", run: () => walk(-1) },
    ...(mayAct.value ? [{ keys: "M", label: "Merge into the base", run: () => setMerging(true) }] : []),
  ]);
  const work = run !== undefined && (named === "" || named === WORK);
  return (
    <div class={`commits ${row || work ? "reading" : ""}`}>
      <aside class="commits-side" aria-label="Commits">
        <Filter typed={typed} onType={setTyped} onMerge={() => setMerging(true)} />
        <Sources runs={runs} run={run} commits={commits} />
        {commits.problem.value !== null && (
          <Failure problem={commits.problem.value} retry={() => void commits.refresh()} />
        )}
        {commits.list.value === null && commits.problem.value === null && <Loading what="the commits" />}
        <CommitList
          commits={commits}
          rows={rows}
          run={run}
          chosen={work ? WORK : (row?.commit ?? "")}
          filtered={typed !== ""}
          onChoose={choose}
        />
      </aside>
      <div class="commits-main">
        {work && run && <RunWork constellation={constellation} agent={agent} run={run} />}
        {!work && row && <Chosen constellation={constellation} agent={agent} row={row} />}
        {!work && !row && <Empty title="No commit is chosen">Choose one to see what it changed.</Empty>}
      </div>
      {merging && (
        <MergeDialog
          constellation={constellation}
          agent={agent}
          onClose={() => {
            setMerging(false);
            void commits.refresh();
          }}
        />
      )}
    </div>
  );
}

interface FilterProps {
  typed: string;
  onType: (typed: string) => void;
  onMerge: () => void;
}

function Filter({ typed, onType, onMerge }: FilterProps) {
  return (
    <div class="diff-filter">
      <input
        class="field"
        type="search"
        data-filter
        aria-label="Filter the commits"
        placeholder="Filter commits"
        value={typed}
        onInput={(event) => onType(event.currentTarget.value)}
      />
      {mayAct.value && (
        <button type="button" class="button" title="Merge into the base (M)" onClick={onMerge}>
          Merge…
        </button>
      )}
    </div>
  );
}

/** A commit that the address names and the list does not have. */
function outside(named: string): Row | undefined {
  return named === "" || named === WORK ? undefined : { commit: named, subject: "", full: undefined };
}

function useRuns(constellation: string, agent: string): RunView[] {
  const news: ReadonlySignal<number> = newsOf(constellation, agent);
  const runs = useResource<Page<RunView>>(ofConstellation(constellation, "runs"), { limit: 200 }, news);
  return useMemo(() => runsOf(runs.value?.data ?? [], agent), [runs.value, agent]);
}

function Sources({ runs, run, commits }: { runs: RunView[]; run: RunView | undefined; commits: Commits }) {
  return (
    <div class="commits-sources">
      {runs.length > 0 && (
        <select
          class="field grow"
          aria-label="Whose commits"
          value={run?.run ?? ""}
          onChange={(event) =>
            setQuery({ run: event.currentTarget.value, commit: undefined, path: undefined })
          }
        >
          <option value="">The branch</option>
          {runs.map((one) => (
            <option key={one.run} value={one.run}>
              Run {one.schedule.split("/")[1] ?? one.run.slice(0, 8)} · {exact(epoch(one.started_at))} ·{" "}
              {one.state}
            </option>
          ))}
        </select>
      )}
      {!run && (
        <label class="viewed-box">
          <input
            type="checkbox"
            checked={commits.behind.value}
            onChange={(event) => void commits.reach(event.currentTarget.checked)}
          />
          Also the base's
        </label>
      )}
    </div>
  );
}

function leave(): void {
  setQuery({ commit: undefined, run: undefined, path: undefined });
}

function RunWork({ constellation, agent, run }: Props & { run: RunView }) {
  return (
    <>
      <header class="commit-head">
        <Back onBack={leave} />
        <div class="grow">
          <h2>All that the run did</h2>
          <p class="dim">
            {run.schedule}, {run.state}, {exact(epoch(run.started_at))}
          </p>
        </div>
      </header>
      <div class="commit-diff">
        <DiffTab constellation={constellation} agent={agent} range={rangeOfRun(run.run)} />
      </div>
    </>
  );
}

/** What a run or an address tells of a commit is not enough to compare it: the rest is asked for first. */
function Chosen({ constellation, agent, row }: Props & { row: Row }) {
  const asked = row.full ? null : ofAgent(constellation, agent, "commits");
  const found = useResource<Page<CommitView>>(asked, { revision: row.commit, limit: 1, all: true });
  if (found.loading) return <Loading what="the commit" />;
  return <Shown constellation={constellation} agent={agent} row={filled(row, found.value?.data[0])} />;
}

function Shown({ constellation, agent, row }: Props & { row: Row }) {
  const { full } = row;
  return (
    <>
      <header class="commit-head">
        <Back onBack={leave} />
        <div class="grow">
          <h2>{row.subject || row.commit}</h2>
          {full && (
            <p class="dim">
              {full.author} &lt;{full.email}&gt;, {exact(full.at)}
              {full.parents.length > 1 && ", a merge: shown against its first parent"}
              {full.parents.length === 0 && ", the first commit: there was nothing before it"}
            </p>
          )}
          {full?.body && <pre class="commit-body">{full.body}</pre>}
        </div>
        <code class="only-large">{row.commit.slice(0, 12)}</code>
        <CopyButton text={row.commit} what="the commit" />
      </header>
      <div class="commit-diff">
        <DiffTab constellation={constellation} agent={agent} range={rangeOfCommit(row)} />
      </div>
    </>
  );
}
