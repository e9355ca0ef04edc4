/** The bar above a diff: what is compared, how it is shown, and the ways through the changes. */

import { useState } from "preact/hooks";
import { Icon, IconButton } from "../../shell/icons";
import { ChooseCommit, ChooseRun } from "./choose";
import type { Desk } from "./desk";
import { type Prefs, prefs, setPrefs } from "./prefs";
import { type Preset, presetOf, presetRange, type Range } from "./range";

const NAMES: Record<Preset, string> = {
  base: "Base",
  HEAD: "Last commit",
  staged: "Staged",
  unstaged: "Not staged",
  commit: "A commit…",
  run: "A run…",
  range: "Commits",
};

const OFFERED: readonly Preset[] = ["base", "HEAD", "staged", "unstaged", "commit", "run"];

interface Props {
  desk: Desk;
  /** A diff of its own range has no choice of what is compared. */
  fixed: boolean;
  onRange: (range: Range) => void;
}

export function Toolbar({ desk, fixed, onRange }: Props) {
  const shown = prefs.value;
  return (
    <div class="diff-bar" role="toolbar" aria-label="Differences">
      <IconButton
        name="files"
        label="Show the list of files (t)"
        pressed={shown.tree}
        onClick={() => setPrefs({ tree: !shown.tree })}
      />
      {!fixed && <Compare desk={desk} onRange={onRange} />}
      <Summary desk={desk} />
      <span class="grow" />
      <Walk desk={desk} />
      <Shapes shown={shown} />
      <CommentsButton desk={desk} shown={shown} />
    </div>
  );
}

function Compare({ desk, onRange }: { desk: Desk; onRange: (range: Range) => void }) {
  const [choosing, setChoosing] = useState<"" | "commit" | "run">("");
  const { range, constellation, agent } = desk.review;
  const preset = presetOf(range.value);
  const offered = OFFERED.includes(preset) ? OFFERED : [...OFFERED, preset];
  const choose = (to: Preset) => {
    if (to === "commit" || to === "run") setChoosing(to);
    else if (to !== "range") onRange(presetRange(to));
  };
  const close = () => setChoosing("");
  return (
    <>
      <label class="compare">
        <span class="dim only-large">Against</span>
        <select
          class="field"
          aria-label="Compare with"
          value={preset}
          onChange={(event) => {
            const wanted = event.currentTarget.value as Preset;
            event.currentTarget.value = preset;
            choose(wanted);
          }}
        >
          {offered.map((one) => (
            <option key={one} value={one}>
              {one === preset ? (precise(range.value, preset) ?? NAMES[one]) : NAMES[one]}
            </option>
          ))}
        </select>
      </label>
      {choosing === "commit" && (
        <ChooseCommit constellation={constellation} agent={agent} onChoose={onRange} onClose={close} />
      )}
      {choosing === "run" && (
        <ChooseRun constellation={constellation} agent={agent} onChoose={onRange} onClose={close} />
      )}
    </>
  );
}

function precise(range: Range, preset: Preset): string | undefined {
  if (preset === "commit") return `Commit ${range.against.slice(0, 10)}`;
  if (preset === "run") return `Run ${range.run.slice(0, 10)}`;
  return preset === "range" ? `${range.against.slice(0, 10)} to ${range.to.slice(0, 10)}` : undefined;
}

function Summary({ desk }: { desk: Desk }) {
  const view = desk.review.view.value;
  if (!view) return null;
  const files = view.files.length === 1 ? "1 file" : `${view.files.length} files`;
  return (
    <span class="diff-sum number">
      <span class="only-large">{files}</span> <span class="added">+{view.added}</span>{" "}
      <span class="removed">−{view.removed}</span>
    </span>
  );
}

function Walk({ desk }: { desk: Desk }) {
  const at = desk.pane.value?.at.value;
  const open = desk.inEditor.value !== "" && desk.inEditor.value === desk.review.path.value;
  return (
    <span class="diff-walk">
      <span class="faint number only-large" aria-live="off">
        {open && at && at.count > 0 ? `${at.ordinal} / ${at.count}` : ""}
      </span>
      <button
        type="button"
        class="icon-button up"
        aria-label="Previous change (p)"
        title="Previous change (p, Shift-F7)"
        onClick={() => desk.change("previous")}
      >
        <Icon name="down" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label="Next change (n)"
        title="Next change (n, F7)"
        onClick={() => desk.change("next")}
      >
        <Icon name="down" />
      </button>
    </span>
  );
}

const SHAPES: readonly { key: keyof Prefs; sign: string; label: string }[] = [
  { key: "inline", sign: "Inline", label: "Both sides in one column (i)" },
  { key: "fold", sign: "Fold", label: "Fold what did not change (z)" },
  { key: "ignoreSpace", sign: "No space", label: "Leave out changes of white space (b)" },
  { key: "wrap", sign: "Wrap", label: "Wrap long lines (w)" },
];

function Shapes({ shown }: { shown: Prefs }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms; these are switches of a toolbar.
    <span class="segments" role="group" aria-label="How it is shown">
      {SHAPES.map(({ key, sign, label }) => (
        <button
          key={key}
          type="button"
          class="button"
          aria-pressed={shown[key]}
          title={label}
          onClick={() => setPrefs({ [key]: !shown[key] })}
        >
          {sign}
        </button>
      ))}
    </span>
  );
}

function CommentsButton({ desk, shown }: { desk: Desk; shown: Prefs }) {
  const { open } = desk.comments.counts.value;
  return (
    <button
      type="button"
      class={open > 0 ? "button primary" : "button"}
      aria-pressed={shown.comments}
      title="All comments (m)"
      onClick={() => setPrefs({ comments: !shown.comments })}
    >
      Comments
      {open > 0 && (
        <span class="number" title="not sent yet">
          {open}
        </span>
      )}
    </button>
  );
}
