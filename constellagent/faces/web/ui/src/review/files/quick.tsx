/** Quick open: a few letters of a path, and Enter. Without letters it offers what was opened lately. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../shell/icons";
import { Dialog } from "../../shell/talk";
import { folderOf, leaf, shown } from "../tree/names";
import { type Fit, fits } from "./fuzzy";

interface Props {
  files: readonly string[];
  recent: readonly string[];
  onOpen: (path: string) => void;
  onClose: () => void;
}

export function QuickOpen({ files, recent, onOpen, onClose }: Props) {
  const [typed, setTyped] = useState("");
  const [present, setPresent] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = useMemo(() => offered(files, recent, typed), [files, recent, typed]);
  const chosen = Math.max(0, Math.min(present, found.length - 1));
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen row is found in the document by its state.
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen, found]);
  const take = (fit: Fit | undefined) => {
    if (!fit) return;
    onClose();
    onOpen(fit.path);
  };
  const press = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by !== undefined) {
      event.preventDefault();
      setPresent((chosen + by + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[chosen]);
    }
  };
  return (
    <Dialog title="Open a file" onClose={onClose} className="palette" bare>
      <div class="palette-field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="quick-list"
          aria-activedescendant={found.length > 0 ? `quick-${chosen}` : undefined}
          aria-label="Letters of a path"
          placeholder="Letters of a path"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setPresent(0);
          }}
          onKeyDown={press}
        />
        <kbd>Esc</kbd>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the list of a combobox. */}
      <ul id="quick-list" role="listbox" aria-label="Files" ref={list} class="palette-list">
        {found.map((fit, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and takes the keys.
          // biome-ignore lint/a11y/useFocusableInteractive: as above.
          <li
            key={fit.path}
            id={`quick-${at}`}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of the list above.
            role="option"
            aria-selected={at === chosen}
            onClick={() => take(fit)}
            onMouseMove={() => setPresent(at)}
          >
            <Name fit={fit} />
          </li>
        ))}
        {found.length === 0 && (
          <li class="dim palette-none">
            {typed === "" ? "Type some letters of a path." : "No file has these letters in this order."}
          </li>
        )}
      </ul>
    </Dialog>
  );
}

function offered(files: readonly string[], recent: readonly string[], typed: string): Fit[] {
  if (typed.trim() !== "") return fits(files, typed);
  const there = new Set(files);
  const last = recent.filter((path) => there.has(path));
  const paths = last.length > 0 ? last : files.slice(0, 20);
  return paths.map((path) => ({ path, score: 0, places: [] }));
}

function Name({ fit }: { fit: Fit }) {
  const start = fit.path.length - leaf(fit.path).length;
  return (
    <>
      <span class="clip quick-name">{marked(leaf(fit.path), start, fit.places)}</span>
      <span class="faint clip quick-folder">{marked(folderOf(fit.path), 0, fit.places)}</span>
    </>
  );
}

/** The part of a path that begins at `start`, with the letters that were found marked. */
function marked(text: string, start: number, places: readonly number[]) {
  const hits = new Set(places);
  const parts = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (!hits.has(start + at)) continue;
    if (at > from) parts.push(shown(text.slice(from, at)));
    let end = at + 1;
    while (end < text.length && hits.has(start + end)) end += 1;
    parts.push(<mark key={at}>{shown(text.slice(at, end))}</mark>);
    from = end;
    at = end - 1;
  }
  if (from < text.length) parts.push(shown(text.slice(from)));
  return parts;
}
