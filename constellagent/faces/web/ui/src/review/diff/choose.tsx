/** Choosing what to compare with: a commit or a run of the agent, from a list that can be filtered. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ofAgent, ofConstellation, type Page } from "../../api/client";
import { useResource } from "../../api/resource";
import type { CommitView, RunView } from "../../api/schema";
import { Empty, Failure, Loading } from "../../shell/parts";
import { Dialog } from "../../shell/talk";
import { filter } from "../tree/filter";
import { type Range, USUAL } from "./range";

interface Choice {
  key: string;
  name: string;
  about: string;
  range: Range;
}

interface Props {
  constellation: string;
  agent: string;
  onChoose: (range: Range) => void;
  onClose: () => void;
}

/** Lets a person choose the commit that the files on disk are compared with. */
export function ChooseCommit(props: Props) {
  const { constellation, agent } = props;
  const found = useResource<Page<CommitView>>(ofAgent(constellation, agent, "commits"), {
    limit: 200,
    all: true,
  });
  const choices = useMemo(() => (found.value?.data ?? []).map(commitChoice), [found.value]);
  return (
    <Chooser {...props} {...found} title="Compare with a commit" what="commits" choices={choices} typed />
  );
}

/** Lets a person choose a run of a schedule whose work is shown. */
export function ChooseRun(props: Props) {
  const { constellation, agent } = props;
  const found = useResource<Page<RunView>>(ofConstellation(constellation, "runs"), { limit: 200 });
  const choices = useMemo(() => {
    const own = (found.value?.data ?? []).filter(
      (run) => run.schedule.split(/[/.:]/)[0] === agent && run.started_at,
    );
    return own.map(runChoice);
  }, [found.value, agent]);
  return <Chooser {...props} {...found} title="Show the work of a run" what="runs" choices={choices} />;
}

function commitChoice(commit: CommitView): Choice {
  const name = `${commit.commit.slice(0, 10)} ${commit.subject}`;
  const about = `${commit.author}, ${new Date(commit.at * 1000).toLocaleString()}`;
  return { key: commit.commit, name, about, range: { ...USUAL, against: commit.commit } };
}

function runChoice(run: RunView): Choice {
  const commits = run.commit_count === 1 ? "1 commit" : `${run.commit_count} commits`;
  const about = `${run.state}, ${new Date(run.started_at).toLocaleString()}, ${commits}`;
  return {
    key: run.run,
    name: `${run.schedule} · ${run.run.slice(0, 8)}`,
    about,
    range: { ...USUAL, run: run.run },
  };
}

function Chooser(
  props: Props & {
    title: string;
    what: string;
    choices: readonly Choice[];
    problem: unknown;
    loading: boolean;
    reload: () => void;
    /** What is typed may itself be the commit. */
    typed?: boolean;
  },
) {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const keep = filter(text);
  const kept = props.choices.filter((one) => keep(`${one.name} ${one.about}`)).slice(0, 100);
  const choose = (range: Range) => {
    props.onChoose(range);
    props.onClose();
  };
  const first =
    kept[0]?.range ?? (props.typed && text.trim() ? { ...USUAL, against: text.trim() } : undefined);
  return (
    <Dialog title={props.title} onClose={props.onClose} className="choose">
      <form
        class="choose-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (first) choose(first);
        }}
      >
        <input
          ref={field}
          class="field"
          type="search"
          aria-label={`Filter ${props.what}`}
          placeholder={props.typed ? "Filter, or type any commit" : "Filter"}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </form>
      {props.problem !== null && <Failure problem={props.problem} retry={props.reload} />}
      {props.loading && props.choices.length === 0 && <Loading what={props.what} />}
      {!props.loading && kept.length === 0 && props.problem === null && (
        <Empty title={`No ${props.what} like that`}>
          {props.typed && "Enter compares with what you typed."}
        </Empty>
      )}
      <ul class="choose-list">
        {kept.map((one) => (
          <li key={one.key}>
            <button type="button" class="choose-row" onClick={() => choose(one.range)}>
              <span class="clip">{one.name}</span>
              <span class="faint clip">{one.about}</span>
            </button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
