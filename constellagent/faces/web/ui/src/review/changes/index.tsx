/** What is changed and not committed: lists, hunks, the commit box, and where the worktree stands. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Binding } from "../../shell/keys";
import { Empty, Failure, Loading } from "../../shell/parts";
import { go, route, setQuery } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { useRowKeys } from "../../shell/rows";
import { mayAct } from "../../shell/who";
import { followAgent } from "../diff/follow";
import { presetRange } from "../diff/range";
import { MergeDialog } from "../merge/dialog";
import { act } from "./acting";
import { Change } from "./change";
import { CommitBox } from "./commit";
import { Facts } from "./facts";
import { Lists } from "./lists";
import { Rescues } from "./rescue";
import { Changes } from "./state";
import "../diff/diff.css";
import "./changes.css";

export function ChangesTab({ constellation, agent }: { constellation: string; agent: string }) {
  const changes = useMemo(() => new Changes(constellation, agent), [constellation, agent]);
  const merging = mayAct.value && route.value.query.merge === "yes";
  /** On a narrow page the list and the change take turns. */
  const [reading, setReading] = useState(false);
  useEffect(() => {
    void changes.refresh();
    return followAgent(constellation, agent, { all: () => changes.refresh(), file: () => changes.look() });
  }, [changes, constellation, agent]);
  useRowKeys("Changes", keys(changes, openMerge));
  const facts = changes.facts.value;
  const { staged, unstaged } = changes.parts.value;
  const none = changes.ready.value && staged.length + unstaged.length === 0;
  return (
    <div class="changes">
      {facts && <Facts changes={changes} facts={facts} onMerge={openMerge} />}
      {changes.problem.value !== null && (
        <Failure problem={changes.problem.value} retry={() => void changes.refresh()} />
      )}
      <Rescues rescues={changes.rescues} />
      {!changes.ready.value && changes.problem.value === null && <Loading what="the changes" />}
      {changes.ready.value && (
        <div class={`changes-body ${reading ? "reading" : ""}`}>
          <div class="changes-side">
            <Lists changes={changes} onOpen={() => setReading(true)} />
            {mayAct.value && <CommitBox changes={changes} />}
          </div>
          <div class="changes-main">
            {none ? (
              <Empty title="Everything is committed">What the agent changes from now on appears here.</Empty>
            ) : (
              <Change changes={changes} onBack={() => setReading(false)} />
            )}
          </div>
        </div>
      )}
      {merging && (
        <MergeDialog
          constellation={constellation}
          agent={agent}
          onClose={() => {
            setQuery({ merge: undefined });
            void changes.refresh();
          }}
        />
      )}
    </div>
  );
}

function openMerge(): void {
  setQuery({ merge: "yes" });
}

function keys(changes: Changes, merge: () => void): Binding[] {
  const { constellation, agent } = changes;
  const path = () => changes.chosen.value?.path ?? "";
  const bindings: Binding[] = [
    {
      keys: "o",
      label: "Both sides in the diff",
      run: () => {
        const range = presetRange(changes.chosen.value?.part ?? "unstaged");
        go(agentAddress(constellation, agent, "diff", { ...range, path: path() }));
      },
    },
    {
      keys: "e",
      label: "Open in the editor",
      run: () => go(agentAddress(constellation, agent, "files", { path: path() })),
    },
  ];
  if (!mayAct.value) return bindings;
  return [
    { keys: "+", label: "Stage the file or hunk", run: () => void act(changes, "stage") },
    { keys: "-", label: "Unstage the file or hunk", run: () => void act(changes, "unstage") },
    { keys: "x", label: "Discard the file or hunk", run: () => void act(changes, "discard") },
    { keys: "S", label: "Stage everything", run: () => void changes.stage() },
    { keys: "U", label: "Unstage everything", run: () => void changes.unstage() },
    {
      keys: "c",
      label: "Write the commit message",
      run: () => document.getElementById("commit-message")?.focus(),
    },
    { keys: "P", label: "Push", run: () => document.querySelector<HTMLElement>("[data-push]")?.click() },
    { keys: "M", label: "Merge into the base", run: merge },
    ...bindings,
  ];
}
