/** A tree of files on screen: only what is in sight is drawn, and the keyboard reaches all of it. */

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../../shell/icons";
import { counted } from "../../shell/time";
import { above, type Folder, foldersOf, inSight, type Row, rows } from "./build";
import { shown } from "./names";
import "./tree.css";

export interface TreeProps<T> {
  /** What a screen reader calls the tree. */
  label: string;
  root: Folder<T>;
  /** The path that is open elsewhere, empty where none is. */
  active: string;
  onOpen: (path: string) => void;
  /** Folders are open at first, or closed. */
  startClosed?: boolean;
  /** All folders are shown open, as while a filter is typed. */
  allOpen?: boolean;
  /** What stands before and after a file's name, and words for a screen reader. */
  before?: (item: T) => ComponentChildren;
  after?: (item: T) => ComponentChildren;
  className?: (item: T) => string;
  words?: (item: T) => string;
  /** More keys, for the row that has the focus. */
  onKey?: (event: KeyboardEvent, row: Row<T>) => void;
}

const NARROW = "(max-width: 760px)";

export function Tree<T>(props: TreeProps<T>) {
  const { root, active, startClosed = false, allOpen = false, onOpen } = props;
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [focus, setFocus] = useState("");
  const [scrolled, setScrolled] = useState(0);
  const [height, setHeight] = useState(600);
  const box = useRef<HTMLDivElement>(null);
  /** The open file that the list has not moved to yet, empty once it has. */
  const sought = useRef("");
  const rowHeight = useMemo(() => (matchMedia(NARROW).matches ? 36 : 26), []);
  const list = useMemo(
    () => rows(root, (path) => !allOpen && toggled.has(path) !== startClosed),
    [root, toggled, allOpen, startClosed],
  );
  const wanted = focus === "" ? active : focus;
  const index = list.findIndex((row) => row.key === wanted);
  const sight = inSight(scrolled, height, rowHeight, list.length);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const watch = new ResizeObserver(() => setHeight(element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  const show = (at: number) => {
    const element = box.current;
    if (!element || at < 0) return;
    const top = at * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = top + rowHeight - element.clientHeight;
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: only another open file opens its folders.
  useEffect(() => {
    setFocus(active);
    sought.current = active;
    const closed = foldersOf(active).filter((path) => toggled.has(path) !== startClosed);
    if (closed.length === 0) return;
    const next = new Set(toggled);
    for (const path of closed) if (!next.delete(path)) next.add(path);
    setToggled(next);
  }, [active]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the list moves once, when the open file has a row in it.
  useEffect(() => {
    const at = list.findIndex((row) => row.key === active);
    if (at < 0 || sought.current !== active) return;
    sought.current = "";
    show(at);
  }, [active, list]);

  const toggle = (row: Row<T>, open?: boolean) => {
    if (open !== undefined && open === row.expanded) return;
    const next = new Set(toggled);
    if (!next.delete(row.path)) next.add(row.path);
    setToggled(next);
  };
  const move = (at: number) => {
    const row = list[Math.max(0, Math.min(list.length - 1, at))];
    if (!row) return;
    setFocus(row.key);
    show(list.indexOf(row));
  };
  const press = (event: KeyboardEvent) => {
    const row = list[index];
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const steps: Record<string, () => void> = {
      ArrowDown: () => move(index + 1),
      ArrowUp: () => move(index - 1),
      j: () => move(index + 1),
      k: () => move(index - 1),
      PageDown: () => move(index + page),
      PageUp: () => move(index - page),
      Home: () => move(0),
      End: () => move(list.length - 1),
      ArrowRight: () => (row?.folder && !row.expanded ? toggle(row, true) : move(index + 1)),
      ArrowLeft: () => (row?.folder && row.expanded ? toggle(row, false) : move(above(list, index))),
      Enter: () => row && (row.folder ? toggle(row) : onOpen(row.path)),
      " ": () => row && (row.folder ? toggle(row) : onOpen(row.path)),
    };
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = steps[event.key];
    if (act) {
      event.preventDefault();
      event.stopPropagation();
      act();
    } else if (row) props.onKey?.(event, row);
  };

  return (
    <div
      class="tree"
      role="tree"
      aria-label={props.label}
      aria-activedescendant={index >= 0 ? rowId(props.label, index) : undefined}
      tabIndex={0}
      ref={box}
      onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      onKeyDown={press}
    >
      <div role="none" style={{ height: `${list.length * rowHeight}px` }} class="tree-space">
        {list.slice(sight.first, sight.last).map((row, place) => {
          const at = sight.first + place;
          return (
            <TreeRow
              key={row.key}
              {...props}
              id={rowId(props.label, at)}
              row={row}
              top={at * rowHeight}
              height={rowHeight}
              focused={at === index}
              onPick={() => {
                setFocus(row.key);
                if (row.folder) toggle(row);
                else onOpen(row.path);
              }}
            />
          );
        })}
      </div>
    </div>
  );
}

function rowId(label: string, index: number): string {
  return `${label.replace(/\W+/g, "-")}-${index}`;
}

interface RowProps<T> extends TreeProps<T> {
  id: string;
  row: Row<T>;
  top: number;
  height: number;
  focused: boolean;
  onPick: () => void;
}

function TreeRow<T>({ id, row, top, height, focused, onPick, ...props }: RowProps<T>) {
  const { item } = row;
  const own = item === undefined ? "folder" : (props.className?.(item) ?? "");
  const name = shown(row.label);
  const words = item === undefined ? counted(row.count, "file") : (props.words?.(item) ?? "");
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the focus, and its keys reach every row.
    // biome-ignore lint/a11y/useFocusableInteractive: the tree points at its row by aria-activedescendant.
    <div
      id={id}
      role="treeitem"
      class={`tree-row ${own} ${focused ? "focused" : ""}`}
      style={{ top: `${top}px`, height: `${height}px`, paddingLeft: `${8 + row.depth * 14}px` }}
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={row.folder ? row.expanded : undefined}
      aria-selected={row.path === props.active && !row.folder}
      title={shown(row.path)}
      onClick={onPick}
    >
      <span class="tree-part" aria-hidden="true">
        {row.folder ? (
          <span class={`tree-turn ${row.expanded ? "open" : ""}`}>
            <Icon name="chevron" />
          </span>
        ) : (
          item !== undefined && props.before?.(item)
        )}
      </span>
      <span class="tree-name clip">{name}</span>
      <span class="unseen">{words === "" ? "" : `, ${words}`}</span>
      <span class="tree-part" aria-hidden="true">
        {item !== undefined && props.after?.(item)}
      </span>
    </div>
  );
}
