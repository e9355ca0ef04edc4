/** The change that is looked at: its hunks, each with what can be done to it, or why it has none. */

import { useMemo, useState } from "preact/hooks";
import type { FileChange, HunkView } from "../../api/schema";
import { IconButton } from "../../shell/icons";
import { Empty, Failure, Loading } from "../../shell/parts";
import { go } from "../../shell/router";
import { agentAddress } from "../../shell/routes";
import { counted } from "../../shell/time";
import { mayAct } from "../../shell/who";
import { notes, size } from "../diff/describe";
import { Letter } from "../diff/list";
import { presetRange } from "../diff/range";
import { folderOf, leaf, shown } from "../tree/names";
import { onSpace } from "./acting";
import { Back } from "./back";
import { allNew, type Framed, framed, type Line, place } from "./hunks";
import { pathsOf } from "./paths";
import type { Changes, Looked } from "./state";
import type { Chosen } from "./words";

export function Change({ changes, onBack }: { changes: Changes; onBack: () => void }) {
  const file = changes.change.value;
  const chosen = changes.chosen.value;
  const looked = changes.looked.value;
  const problem = changes.hunkProblem.value;
  if (!file || !chosen) return null;
  const known = looked?.chosen.part === chosen.part && looked.chosen.path === chosen.path ? looked : null;
  return (
    <section class="change" aria-label={`Change of ${shown(file.path)}`}>
      <Head changes={changes} chosen={chosen} file={file} onBack={onBack} />
      {problem !== null && <Failure problem={problem} retry={() => void changes.look()} />}
      {known === null && problem === null && <Loading what={shown(file.path)} />}
      {known && <Body changes={changes} file={file} looked={known} />}
    </section>
  );
}

interface HeadProps {
  changes: Changes;
  chosen: Chosen;
  file: FileChange;
  onBack: () => void;
}

function Head({ changes, chosen, file, onBack }: HeadProps) {
  const folder = folderOf(file.path);
  const { constellation, agent } = changes;
  const range = presetRange(chosen.part);
  return (
    <header class="file-head">
      <Back onBack={onBack} />
      <Letter file={file} />
      <h2 class="file-name clip" title={shown(file.path)}>
        {folder !== "" && <span class="dim">{shown(folder)}/</span>}
        {shown(leaf(file.path))}
      </h2>
      {notes(file).map((one) => (
        <span key={one} class={`file-note clip ${file.status}`} title={one}>
          {one}
        </span>
      ))}
      <span class="grow" />
      {mayAct.value && <FileActs changes={changes} chosen={chosen} file={file} />}
      <IconButton
        name="diff"
        label="Both sides in the diff (o)"
        onClick={() => go(agentAddress(constellation, agent, "diff", { ...range, path: file.path }))}
      />
      {file.status !== "deleted" && (
        <IconButton
          name="external"
          label="Open in the editor (e)"
          onClick={() => go(agentAddress(constellation, agent, "files", { path: file.path }))}
        />
      )}
    </header>
  );
}

function FileActs({ changes, chosen, file }: Omit<HeadProps, "onBack">) {
  const busy = changes.busy.value;
  if (chosen.part === "staged") {
    return (
      <button
        type="button"
        class="button"
        disabled={busy}
        onClick={() => void changes.unstage({ paths: pathsOf(file) })}
      >
        Unstage file
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={busy || file.status === "unmerged"}
        onClick={() => void changes.discard([file.path])}
      >
        Discard
      </button>
      <button
        type="button"
        class="button"
        disabled={busy}
        onClick={() => void changes.stage({ paths: pathsOf(file) })}
      >
        {file.status === "unmerged" ? "Stage as resolved" : "Stage file"}
      </button>
    </>
  );
}

function Body({ changes, file, looked }: { changes: Changes; file: FileChange; looked: Looked }) {
  const { hunks, content, chosen } = looked;
  const frames = useMemo(() => {
    const text = content?.kind === "text" ? content.text : null;
    return framed(hunks, text?.split(/\r\n|\r|\n/));
  }, [hunks, content]);
  if (frames.length === 0) return <Whole file={file} looked={looked} />;
  return (
    <div class="hunks">
      {frames.map((frame) => (
        <HunkBox key={frame.hunk.id} changes={changes} chosen={chosen} frame={frame} />
      ))}
    </div>
  );
}

/** A change without hunks: a file that git does not know yet is shown whole, anything else is said. */
function Whole({ file, looked }: { file: FileChange; looked: Looked }) {
  const { content } = looked;
  if (file.status === "untracked" && content?.kind === "text") {
    return (
      <div class="hunks">
        <div class="hunk">
          <Lines lines={allNew(content.text ?? "")} />
        </div>
      </div>
    );
  }
  const about =
    content && content.kind !== "absent" && content.kind !== "submodule" ? size(content.size) : "";
  return (
    <Empty title={file.added === null ? "Not text" : "No lines differ"}>
      <p>
        {file.status === "unmerged"
          ? "Open it in the editor, resolve what is between the conflict markers, and stage it."
          : `This change is staged and discarded as a whole. ${about}`}
      </p>
    </Empty>
  );
}

function HunkBox({ changes, chosen, frame }: { changes: Changes; chosen: Chosen; frame: Framed }) {
  const { hunk } = frame;
  const where = place(hunk);
  return (
    <section
      class="hunk"
      data-row
      data-hunk={hunk.id}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: hunks are walked through with j and k.
      tabIndex={0}
      aria-label={`Hunk, ${where}, ${frame.added} added, ${frame.removed} removed`}
      onKeyDown={onSpace(changes)}
    >
      <header class="hunk-head">
        <span class="dim number">{where}</span>
        <span class="counts number">
          {frame.added > 0 && <span class="added">+{frame.added}</span>}{" "}
          {frame.removed > 0 && <span class="removed">−{frame.removed}</span>}
        </span>
        <span class="grow" />
        {mayAct.value && <HunkActs changes={changes} chosen={chosen} hunk={hunk} where={where} />}
      </header>
      <Lines lines={frame.lines} />
    </section>
  );
}

interface HunkActsProps {
  changes: Changes;
  chosen: Chosen;
  hunk: HunkView;
  where: string;
}

function HunkActs({ changes, chosen, hunk, where }: HunkActsProps) {
  const busy = changes.busy.value;
  const { path, part } = chosen;
  if (part === "staged") {
    return (
      <button
        type="button"
        class="button small"
        disabled={busy}
        aria-label={`Unstage the hunk, ${where}`}
        onClick={() => void changes.unstage({ path, hunks: [hunk.id] })}
      >
        Unstage
      </button>
    );
  }
  return (
    <>
      <button
        type="button"
        class="button small"
        disabled={busy}
        aria-label={`Discard the hunk, ${where}`}
        onClick={() => void changes.discardHunks(path, [hunk])}
      >
        Discard
      </button>
      <button
        type="button"
        class="button small"
        disabled={busy}
        aria-label={`Stage the hunk, ${where}`}
        onClick={() => void changes.stage({ path, hunks: [hunk.id] })}
      >
        Stage
      </button>
    </>
  );
}

const DRAWN = 400;
const KINDS = { "+": "plus", "-": "less", " ": "same", "\\": "note" } as const;

function Lines({ lines }: { lines: readonly Line[] }) {
  const [whole, setWhole] = useState(false);
  const drawn = whole ? lines : lines.slice(0, DRAWN);
  return (
    <div class="hunk-lines">
      {drawn.map((line, index) => (
        <div key={index} class={`hunk-line ${KINDS[line.sign]}`}>
          <span class="hunk-number">{line.old ?? ""}</span>
          <span class="hunk-number">{line.now ?? ""}</span>
          <span class="hunk-sign">{line.sign}</span>
          <span class="hunk-text">{shown(line.text.replaceAll("\t", "    "))}</span>
        </div>
      ))}
      {drawn.length < lines.length && (
        <button type="button" class="button hunk-more" onClick={() => setWhole(true)}>
          Show {counted(lines.length - drawn.length, "more line", "more lines")}
        </button>
      )}
    </div>
  );
}
