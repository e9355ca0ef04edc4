/** The changed files of a worktree in two lists, staged and not, with what can be done to each and to all. */

import type { FileChange } from "../../api/schema";
import { IconButton } from "../../shell/icons";
import { counted } from "../../shell/time";
import { mayAct } from "../../shell/who";
import { STATUS } from "../diff/describe";
import { Counts, Letter } from "../diff/list";
import { folderOf, leaf, shown } from "../tree/names";
import { onSpace } from "./acting";
import { pathsOf } from "./paths";
import type { Changes } from "./state";
import type { Part } from "./words";

const TITLES: Record<Part, string> = { staged: "Staged", unstaged: "Not staged" };
const DRAWN = 500;

export function Lists({ changes, onOpen }: { changes: Changes; onOpen: () => void }) {
  return (
    <div class="change-lists">
      {changes.truncated.value && <p class="diff-note">There are more changed files than are listed here.</p>}
      <List changes={changes} part="unstaged" onOpen={onOpen} />
      <List changes={changes} part="staged" onOpen={onOpen} />
    </div>
  );
}

function List({ changes, part, onOpen }: { changes: Changes; part: Part; onOpen: () => void }) {
  const files = changes.parts.value[part];
  const rest = files.length - DRAWN;
  return (
    <section class="change-list" aria-label={TITLES[part]}>
      <header class="change-head">
        <h2>{TITLES[part]}</h2>
        <span class="faint number grow">{files.length}</span>
        {mayAct.value && files.length > 0 && <All changes={changes} part={part} files={files} />}
      </header>
      {files.length === 0 && (
        <p class="change-none faint">
          {part === "staged" ? "Nothing is staged." : "Nothing else is changed."}
        </p>
      )}
      <ul>
        {files.slice(0, DRAWN).map((file) => (
          <Row key={file.path} changes={changes} part={part} file={file} onOpen={onOpen} />
        ))}
      </ul>
      {rest > 0 && <p class="change-none faint">and {counted(rest, "more file", "more files")}</p>}
    </section>
  );
}

function All({ changes, part, files }: { changes: Changes; part: Part; files: readonly FileChange[] }) {
  const busy = changes.busy.value;
  if (part === "staged") {
    return (
      <IconButton
        name="minus"
        label="Unstage everything (U)"
        disabled={busy}
        onClick={() => void changes.unstage()}
      />
    );
  }
  return (
    <>
      <IconButton
        name="undo"
        label="Discard everything that is not staged"
        disabled={busy}
        onClick={() => void changes.discard(files.map((one) => one.path))}
      />
      <IconButton
        name="plus"
        label="Stage everything (S)"
        disabled={busy}
        onClick={() => void changes.stage()}
      />
    </>
  );
}

interface RowProps {
  changes: Changes;
  part: Part;
  file: FileChange;
  onOpen: () => void;
}

function Row({ changes, part, file, onOpen }: RowProps) {
  const chosen = changes.chosen.value;
  const current = chosen?.part === part && chosen.path === file.path;
  const folder = folderOf(file.path);
  const name = shown(leaf(file.path));
  return (
    <li class={`change-row ${current ? "current" : ""}`}>
      <button
        type="button"
        class="change-open"
        data-row
        aria-current={current}
        title={shown(file.path)}
        onClick={() => {
          void changes.choose(part, file.path);
          onOpen();
        }}
        onFocus={() => void changes.choose(part, file.path)}
        onKeyDown={onSpace(changes)}
      >
        <Letter file={file} />
        <span class="change-name clip">
          {name}
          {folder !== "" && <span class="faint"> {shown(folder)}</span>}
        </span>
        <span class="unseen">{`, ${STATUS[file.status].word}, ${TITLES[part].toLowerCase()}`}</span>
        <Counts file={file} />
      </button>
      {mayAct.value && <Acts changes={changes} part={part} file={file} />}
    </li>
  );
}

function Acts({ changes, part, file }: Omit<RowProps, "onOpen">) {
  const busy = changes.busy.value;
  const name = shown(file.path);
  if (part === "staged") {
    return (
      <IconButton
        name="minus"
        label={`Unstage ${name}`}
        disabled={busy}
        onClick={() => void changes.unstage({ paths: pathsOf(file) })}
      />
    );
  }
  return (
    <>
      <IconButton
        name="undo"
        label={`Discard ${name}`}
        disabled={busy || file.status === "unmerged"}
        onClick={() => void changes.discard([file.path])}
      />
      <IconButton
        name="plus"
        label={file.status === "unmerged" ? `Stage ${name}: it counts as resolved then` : `Stage ${name}`}
        disabled={busy}
        onClick={() => void changes.stage({ paths: pathsOf(file) })}
      />
    </>
  );
}
