/** The open file of the files tab: its name and what can be done with it, its text or what it is, and its facts. */

import { effect, untracked } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { ContentView } from "../../api/schema";
import { IconButton } from "../../shell/icons";
import { copyText, Empty, Failure, Loading } from "../../shell/parts";
import { go } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { theme } from "../../shell/theme";
import { mayAct } from "../../shell/who";
import { Letter } from "../diff/list";
import { prefs, setPrefs } from "../diff/prefs";
import { WORKTREE } from "../diff/range";
import { loadMonaco } from "../monaco/load";
import { folderOf, leaf, shown } from "../tree/names";
import type { FilesDesk } from "./desk";
import { FilePane } from "./pane";
import { facts, instead } from "./words";

export function OpenFile({ desk, onQuick }: { desk: FilesDesk; onQuick: () => void }) {
  const path = desk.path.value;
  const content = desk.content.value;
  const problem = desk.fileProblem.value;
  return (
    <section class="diff-file" aria-label="The open file">
      {path !== "" && <Head desk={desk} path={path} />}
      {problem !== null && <Failure problem={problem} retry={() => void desk.look()} />}
      {path !== "" && content === null && problem === null && <Loading what={shown(path)} />}
      {path === "" && <Nothing onQuick={onQuick} />}
      {content?.kind === "image" && <Picture content={content} />}
      {content && <Instead desk={desk} content={content} />}
      <TextFile desk={desk} hidden={content?.kind !== "text"} />
      {content && <Foot desk={desk} content={content} />}
    </section>
  );
}

function Nothing({ onQuick }: { onQuick: () => void }) {
  return (
    <Empty title="No file is open">
      <p>Choose one of the list, or open it by a few letters of its path.</p>
      <p>
        <button type="button" class="button files-find" onClick={onQuick}>
          Open a file <kbd>Ctrl</kbd> <kbd>P</kbd>
        </button>
      </p>
    </Empty>
  );
}

function Head({ desk, path }: { desk: FilesDesk; path: string }) {
  const folder = folderOf(path);
  const change = desk.change.value;
  const other = desk.revision.value !== WORKTREE;
  return (
    <header class="file-head">
      {change && !other && <Letter file={change} />}
      <h2 class="file-name clip" title={shown(path)}>
        {folder !== "" && <span class="dim">{shown(folder)}/</span>}
        {shown(leaf(path))}
      </h2>
      <IconButton name="copy" label="Copy the path (y)" onClick={() => void copyText(path, "the path")} />
      {other && <span class="pill">at {desk.revision.value.slice(0, 10)}</span>}
      {desk.dirty && <span class="pill alert">not saved</span>}
      <span class="grow" />
      {other ? (
        <button type="button" class="button" onClick={() => void desk.open(path)}>
          As it is now
        </button>
      ) : (
        <Acts desk={desk} path={path} />
      )}
    </header>
  );
}

function Acts({ desk, path }: { desk: FilesDesk; path: string }) {
  const content = desk.content.value;
  const there = content !== null && content.kind !== "absent";
  return (
    <>
      {content?.kind === "text" && (
        <button
          type="button"
          class="button"
          aria-pressed={prefs.value.wrap}
          title="Wrap long lines (w)"
          onClick={() => setPrefs({ wrap: !prefs.value.wrap })}
        >
          Wrap
        </button>
      )}
      {mayAct.value && content?.kind === "text" && (
        <button
          type="button"
          class={desk.dirty ? "button primary" : "button"}
          disabled={!desk.dirty || desk.saving.value || desk.lock() !== ""}
          title={desk.lock() === "" ? "Save (Ctrl-S)" : `Not to be edited: ${desk.lock()}`}
          onClick={() => void desk.save()}
        >
          Save
        </button>
      )}
      <IconButton
        name="diff"
        label="What was changed in it (o)"
        onClick={() => go(agentAddress(desk.constellation, desk.agent, "diff", { path }))}
      />
      {mayAct.value && there && (
        <IconButton name="trash" label="Delete the file" onClick={() => void desk.delete()} />
      )}
    </>
  );
}

function Instead({ desk, content }: { desk: FilesDesk; content: ContentView }) {
  const said = instead(content);
  if (!said) return null;
  const makes =
    content.kind === "absent" && mayAct.value && content.editable && content.revision === WORKTREE;
  return (
    <Empty title={said.title}>
      <p>{said.about}</p>
      {makes && (
        <p>
          <button type="button" class="button" onClick={() => void desk.make(content.path)}>
            Make it
          </button>
        </p>
      )}
    </Empty>
  );
}

function Picture({ content }: { content: ContentView }) {
  return (
    <div class="files-picture">
      <img
        class="picture"
        alt={shown(content.path)}
        src={`data:${content.media};base64,${content.data ?? ""}`}
      />
    </div>
  );
}

function Foot({ desk, content }: { desk: FilesDesk; content: ContentView }) {
  const why = content.kind === "text" ? desk.lock() : "";
  const at = desk.pane.value?.cursor.value;
  return (
    <footer class="files-foot">
      {why !== "" && <span class="clip">read only: {why}</span>}
      <span class="grow" />
      {content.kind === "text" && at && (
        <span class="number" title="line and column">
          {at.line}:{at.column}
        </span>
      )}
      {facts(content).map((one) => (
        <span key={one}>{one}</span>
      ))}
    </footer>
  );
}

function TextFile({ desk, hidden }: { desk: FilesDesk; hidden: boolean }) {
  const host = useRef<HTMLDivElement>(null);
  const beside = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` only asks for another try.
  useEffect(() => {
    const leaving = new AbortController();
    setProblem(null);
    loadMonaco().then(
      (monaco) => {
        if (leaving.signal.aborted || !host.current || !beside.current) return;
        const pane = new FilePane(monaco, host.current, beside.current, untracked(look));
        const stop = effect(() => pane.look(look()));
        desk.pane.value = pane;
        untracked(() => desk.fill());
        leaving.signal.addEventListener("abort", () => {
          desk.pane.value = null;
          stop();
          pane.dispose();
        });
      },
      (error: unknown) => setProblem(error),
    );
    return () => leaving.abort();
  }, [desk, attempt]);
  const comparing = desk.comparing.value;
  return (
    <div class="text-diff" hidden={hidden}>
      {problem !== null && <Failure problem={problem} retry={() => setAttempt((count) => count + 1)} />}
      {problem === null && desk.pane.value === null && <Loading what="the editor" />}
      <Bars desk={desk} />
      <div class="text-host" ref={host} hidden={comparing} />
      <div class="text-host" ref={beside} hidden={!comparing} />
    </div>
  );
}

function look() {
  return { dark: theme.value === "dark", wrap: prefs.value.wrap };
}

/** What stands above a text that changed on disk while it was being edited. */
function Bars({ desk }: { desk: FilesDesk }) {
  const standing = desk.standing.value;
  if (standing !== "changed" && standing !== "conflict") return null;
  return (
    <div class="bar-changed" role="alert">
      <span class="grow">
        {desk.comparing.value
          ? "On the left the file on disk, on the right what you typed: it can be edited here."
          : standing === "changed"
            ? "This file changed on disk while you were typing."
            : "Not saved: this file changed on disk since you began. Nothing was overwritten."}
      </span>
      {!desk.comparing.value && (
        <button type="button" class="button" onClick={() => desk.compare()}>
          Compare
        </button>
      )}
      <button type="button" class="button" onClick={() => desk.takeTheirs()}>
        Show theirs
      </button>
      {standing === "changed" && (
        <button type="button" class="button" onClick={() => desk.keepMine()}>
          Keep mine
        </button>
      )}
      {(standing === "conflict" || desk.comparing.value) && (
        <button
          type="button"
          class="button danger"
          disabled={desk.saving.value}
          onClick={() => void desk.overwrite()}
        >
          Save mine over theirs
        </button>
      )}
    </div>
  );
}
