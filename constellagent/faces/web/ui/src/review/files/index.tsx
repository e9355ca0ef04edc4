/** The files of an agent's worktree: all of them in a tree, the open one in an editor, and what is in the address. */

import { effect, untracked } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Icon, IconButton } from "../../shell/icons";
import { type Binding, useKeys } from "../../shell/keys";
import { copyText, Failure, Loading } from "../../shell/parts";
import { go, guardLeaving, route, setQuery } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { counted } from "../../shell/time";
import { mayAct } from "../../shell/who";
import { Rescues } from "../changes/rescue";
import { STATUS } from "../diff/describe";
import { followAgent } from "../diff/follow";
import { Letter } from "../diff/list";
import { isNarrow, prefs, setPrefs } from "../diff/prefs";
import { WORKTREE } from "../diff/range";
import { Tree } from "../tree/tree";
import { FilesDesk, type Item } from "./desk";
import { NewFile } from "./fresh";
import { OpenFile } from "./open";
import { QuickOpen } from "./quick";
import "../diff/diff.css";
import "./files.css";

export function FilesTab({ constellation, agent }: { constellation: string; agent: string }) {
  const desk = useMemo(() => new FilesDesk(constellation, agent), [constellation, agent]);
  const [over, setOver] = useState<"" | "quick" | "new">("");
  useEffect(() => follow(desk), [desk]);
  useKeys("Files", keys(desk, setOver));
  const listed = prefs.value.tree || desk.path.value === "";
  return (
    <div class="diff">
      <div class="diff-bar" role="toolbar" aria-label="Files">
        <IconButton
          name="files"
          label="Show the list of files (t)"
          pressed={listed}
          onClick={() => setPrefs({ tree: !prefs.value.tree })}
        />
        <button
          type="button"
          class="button files-find"
          title="Open a file (Ctrl-P)"
          onClick={() => setOver("quick")}
        >
          <Icon name="search" />
          Open a file <kbd class="only-large">Ctrl P</kbd>
        </button>
        <span class="grow" />
        {mayAct.value && (
          <button type="button" class="button" title="New file (a)" onClick={() => setOver("new")}>
            <Icon name="plus" />
            New file
          </button>
        )}
      </div>
      {desk.problem.value !== null && <Failure problem={desk.problem.value} retry={() => void desk.list()} />}
      <Rescues rescues={desk.rescues} />
      <div class="diff-body">
        {listed && <List desk={desk} />}
        <OpenFile desk={desk} onQuick={() => setOver("quick")} />
      </div>
      {over === "quick" && (
        <QuickOpen
          files={desk.files.value?.files ?? []}
          recent={desk.recent.value.filter((path) => path !== desk.path.value)}
          onOpen={(path) => void show(desk, path)}
          onClose={() => setOver("")}
        />
      )}
      {over === "new" && <NewFile desk={desk} onClose={() => setOver("")} />}
    </div>
  );
}

/** Opens a file and goes on in its text. */
async function show(desk: FilesDesk, path: string): Promise<void> {
  if (await desk.open(path)) desk.pane.value?.focus();
}

function List({ desk }: { desk: FilesDesk }) {
  const files = desk.files.value;
  const tree = desk.tree.value;
  if (!files) return desk.problem.value === null ? <Loading what="the files" /> : null;
  return (
    <nav class={`diff-list ${desk.path.value === "" ? "files-alone" : ""}`} aria-label="Files">
      <div class="diff-filter">
        <input
          class="field"
          type="search"
          id="files-filter"
          aria-label="Filter the files"
          placeholder="Filter files"
          value={desk.typed.value}
          onInput={(event) => {
            desk.typed.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Escape") desk.typed.value = "";
            if (event.key !== "ArrowDown" && event.key !== "Enter") return;
            event.currentTarget.closest("nav")?.querySelector<HTMLElement>("[role=tree]")?.focus();
            event.preventDefault();
          }}
        />
        <span class="faint number" aria-live="polite">
          {desk.typed.value === "" ? files.files.length : `${tree.count}/${files.files.length}`}
          <span class="unseen"> files</span>
        </span>
      </div>
      {files.truncated && (
        <p class="diff-note">
          Only the first {counted(files.files.length, "file")} are listed. Open another one by its whole path
          in the address.
        </p>
      )}
      <Tree<Item>
        label="Files"
        root={tree}
        active={desk.path.value}
        startClosed={files.files.length > 40}
        allOpen={desk.typed.value !== "" && tree.count < 2000}
        onOpen={(path) => {
          if (isNarrow()) setPrefs({ tree: false });
          void desk.open(path);
        }}
        after={({ change }) => change && <Letter file={change} />}
        className={({ change }) => (change ? `file-${change.status}` : "")}
        words={({ change }) => (change ? STATUS[change.status].word : "")}
      />
    </nav>
  );
}

/** Follows the address and the agent until the returned function is called. */
function follow(desk: FilesDesk): () => void {
  void desk.list();
  const stops = [
    effect(() => {
      const { path = "", revision = WORKTREE, line } = route.value.query;
      untracked(() => {
        const same = path === desk.path.value && revision === desk.revision.value && line === undefined;
        if (!same) void arrive(desk, path, revision, line);
      });
    }),
    effect(() => {
      const path = desk.path.value;
      const revision = desk.revision.value === WORKTREE ? "" : desk.revision.value;
      const { query } = untracked(() => route.value);
      if (path !== (query.path ?? "") || revision !== (query.revision ?? "")) {
        untracked(() => setQuery({ path, revision, line: undefined }));
      }
    }),
    followAgent(desk.constellation, desk.agent, {
      all: () => Promise.all([desk.list(), desk.look()]),
      file: () => (desk.revision.value === WORKTREE ? desk.look() : Promise.resolve()),
    }),
    guardLeaving(() => desk.losing()),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Opens what the address says; where a person rather stays, the address goes back to what is open. */
async function arrive(
  desk: FilesDesk,
  path: string,
  revision: string,
  line: string | undefined,
): Promise<void> {
  const number = Number.parseInt(line ?? "", 10);
  const opened = await desk.open(path, revision, Number.isNaN(number) ? undefined : number);
  const back = desk.revision.value === WORKTREE ? "" : desk.revision.value;
  setQuery(opened ? { line: undefined } : { path: desk.path.value, revision: back, line: undefined });
}

function keys(desk: FilesDesk, setOver: (over: "quick" | "new") => void): Binding[] {
  const bindings: Binding[] = [
    { keys: "mod+p", label: "Open a file", anywhere: true, run: () => setOver("quick") },
    { keys: "/", label: "Filter the files", run: focusFilter },
    { keys: "t", label: "List of files", run: () => setPrefs({ tree: !prefs.value.tree }) },
    { keys: "w", label: "Wrap long lines", run: () => setPrefs({ wrap: !prefs.value.wrap }) },
    { keys: "e", label: "Into the text", run: () => desk.pane.value?.focus() },
    { keys: "y", label: "Copy the path", run: () => void copyText(desk.path.value, "the path") },
    {
      keys: "o",
      label: "What was changed in it",
      run: () => go(agentAddress(desk.constellation, desk.agent, "diff", { path: desk.path.value })),
    },
  ];
  if (!mayAct.value) return bindings;
  return [
    ...bindings,
    { keys: "a", label: "New file", run: () => setOver("new") },
    { keys: "mod+s", label: "Save", anywhere: true, run: () => void desk.save() },
    { keys: "mod+Delete", label: "Delete the file", run: () => void desk.delete() },
  ];
}

function focusFilter(): void {
  setPrefs({ tree: true });
  requestAnimationFrame(() => document.getElementById("files-filter")?.focus());
}
