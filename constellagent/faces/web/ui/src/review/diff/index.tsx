/** The diff of an agent's work: the list of files, the open one, its comments, and the keys that go through them. */

import { effect, untracked } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { chordOf } from "../../shell/chords";
import { type Binding, mac, useKeys } from "../../shell/keys";
import { copyText, Failure, Loading } from "../../shell/parts";
import { go, guardLeaving, route, setQuery } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { mayAct } from "../../shell/who";
import { CommentPanel } from "../comments/panel";
import "../comments/comments.css";
import { Desk } from "./desk";
import { OpenFile, stopEditing } from "./file";
import { followAgent } from "./follow";
import { FileList } from "./list";
import { isNarrow, prefs, setPrefs } from "./prefs";
import { type Range, rangeOf } from "./range";
import { Toolbar } from "./toolbar";
import "./diff.css";

export interface DiffProps {
  constellation: string;
  agent: string;
  /** A range of its own, such as one commit; without it the address says what is compared. */
  range?: Range;
}

export function DiffTab({ constellation, agent, range }: DiffProps) {
  const desk = useMemo(() => new Desk(constellation, agent), [constellation, agent]);
  const { against, to, run } = range ?? {};
  useEffect(() => {
    const own = against === undefined ? undefined : { against, to: to ?? "", run: run ?? "" };
    return follow(desk, own);
  }, [desk, against, to, run]);
  const bindings = keys(desk);
  useKeys("Differences", bindings);
  const { review } = desk;
  const shown = prefs.value;
  const pick = () => {
    if (isNarrow()) setPrefs({ tree: false });
  };
  return (
    <div class="diff">
      <Toolbar desk={desk} fixed={range !== undefined} onRange={(to) => setQuery({ ...to })} />
      {review.problem.value && <Trouble desk={desk} problem={review.problem.value} />}
      <div class="diff-body">
        {shown.tree && <FileList desk={desk} onPick={pick} />}
        {review.view.value === null && review.problem.value === null && <Loading what="the changes" />}
        <OpenFile desk={desk} onKey={(event) => pressed(event, bindings)} />
        {shown.comments && (
          <CommentPanel
            comments={desk.comments}
            agent={agent}
            onClose={() => setPrefs({ comments: false })}
            onGo={({ path, side, end_line }) => void desk.open(path, { side, line: end_line })}
          />
        )}
      </div>
    </div>
  );
}

function Trouble({ desk, problem }: { desk: Desk; problem: { text: string; hint: string } }) {
  const text = problem.hint === "" ? problem.text : `${problem.text}: ${problem.hint}`;
  return <Failure problem={new Error(text)} retry={() => void desk.review.refresh()} />;
}

/** Follows the address, the preferences and the agent until the returned function is called. */
function follow(desk: Desk, range: Range | undefined): () => void {
  const { review, comments } = desk;
  void comments.refresh();
  const stops = [
    effect(() => {
      const { path } = route.value.query;
      if (path !== undefined && path !== untracked(() => review.path.value)) {
        untracked(() => void desk.open(path));
      }
    }),
    effect(() => {
      const wanted = range ?? rangeOf(route.value.query);
      const { ignoreSpace } = prefs.value;
      const same = JSON.stringify([wanted, ignoreSpace]) === JSON.stringify([asked(desk)[0], asked(desk)[1]]);
      if (!same || untracked(() => review.view.value === null)) {
        untracked(() => void review.look(wanted, ignoreSpace));
      }
    }),
    effect(() => {
      const path = review.path.value;
      if (path !== untracked(() => route.value.query.path ?? "")) untracked(() => setQuery({ path }));
    }),
    followAgent(review.constellation, review.agent, {
      all: async () => {
        await Promise.all([review.refresh(), comments.refresh()]);
        await review.check();
      },
      file: () => review.reopen(),
    }),
    effect(() => {
      if (route.value.query.comments !== "yes") return;
      untracked(() => {
        setPrefs({ comments: true });
        setQuery({ comments: undefined });
      });
    }),
    guardLeaving(() => desk.losing()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function asked(desk: Desk): [Range, boolean] {
  return untracked(() => [desk.review.range.value, desk.review.ignoreSpace.value]);
}

/** Keys pressed in the editor while it is only read mean what they mean elsewhere. */
function pressed(event: KeyboardEvent, bindings: readonly Binding[]): void {
  const chord = chordOf(event, mac);
  const found = bindings.find((one) => one.keys === chord && !one.anywhere);
  if (!found) return;
  event.preventDefault();
  event.stopPropagation();
  found.run(event);
}

function keys(desk: Desk): Binding[] {
  const { review } = desk;
  const toggle = (key: "inline" | "fold" | "ignoreSpace" | "wrap" | "tree" | "comments") => () =>
    setPrefs({ [key]: !prefs.value[key] });
  const bindings: Binding[] = [
    { keys: "n", label: "Next change", run: () => desk.change("next") },
    { keys: "p", label: "Previous change", run: () => desk.change("previous") },
    { keys: "F7", label: "Next change", anywhere: true, run: () => desk.change("next") },
    { keys: "shift+F7", label: "Previous change", anywhere: true, run: () => desk.change("previous") },
    { keys: "]", label: "Next file", run: () => void desk.file("next") },
    { keys: "[", label: "Previous file", run: () => void desk.file("previous") },
    { keys: "/", label: "Filter the files", run: focusFilter },
    { keys: "t", label: "List of files", run: toggle("tree") },
    { keys: "i", label: "Side by side or in one column", run: toggle("inline") },
    { keys: "z", label: "Fold what did not change", run: toggle("fold") },
    { keys: "b", label: "Leave out changes of white space", run: toggle("ignoreSpace") },
    { keys: "w", label: "Wrap long lines", run: toggle("wrap") },
    { keys: "m", label: "All comments", run: toggle("comments") },
    {
      keys: "v",
      label: "Mark the file as viewed, and go on",
      run: () => desk.view(),
    },
    { keys: "y", label: "Copy the path", run: () => void copyText(review.path.value, "the path") },
    {
      keys: "o",
      label: "Open in the editor",
      run: () => go(agentAddress(review.constellation, review.agent, "files", { path: review.path.value })),
    },
  ];
  return mayAct.value ? [...bindings, ...acting(desk)] : bindings;
}

function acting(desk: Desk): Binding[] {
  return [
    { keys: "c", label: "Comment on the selected lines", run: () => desk.commentHere() },
    { keys: "e", label: "Edit the right side", run: () => desk.edit() },
    { keys: "mod+s", label: "Save", anywhere: true, run: () => void desk.save() },
    { keys: "mod+e", label: "Stop editing", anywhere: true, run: () => void stopEditing(desk) },
  ];
}

function focusFilter(): void {
  setPrefs({ tree: true });
  requestAnimationFrame(() => document.getElementById("diff-filter")?.focus());
}
