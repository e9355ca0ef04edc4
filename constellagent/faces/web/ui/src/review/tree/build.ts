/** Makes a tree of folders from paths, and the flat rows that are on screen: pure, quick for 50,000 files. */

import { leaf } from "./names";

/** One file of a tree, with what its owner wants to show of it. */
export interface Entry<T> {
  path: string;
  item: T;
}

/** A folder: `label` has several names where each holds nothing but the next. */
export interface Folder<T> {
  path: string;
  label: string;
  folders: Folder<T>[];
  files: Entry<T>[];
  /** How many files are below it, at any depth. */
  count: number;
}

/** One line of the tree on screen. `position` and `siblings` are what a screen reader is told. */
export interface Row<T> {
  key: string;
  path: string;
  label: string;
  depth: number;
  folder: boolean;
  expanded: boolean;
  position: number;
  siblings: number;
  count: number;
  item: T | undefined;
}

/** Returns the tree of some files; folders that hold one folder alone are joined with it. */
export function build<T>(entries: readonly Entry<T>[]): Folder<T> {
  const root = folder<T>("", "");
  const known = new Map<string, Folder<T>>([["", root]]);
  for (const entry of entries) {
    const end = entry.path.lastIndexOf("/");
    within(known, end < 0 ? "" : entry.path.slice(0, end)).files.push(entry);
  }
  finish(root);
  return root;
}

function folder<T>(path: string, label: string): Folder<T> {
  return { path, label, folders: [], files: [], count: 0 };
}

function within<T>(known: Map<string, Folder<T>>, path: string): Folder<T> {
  const there = known.get(path);
  if (there) return there;
  const end = path.lastIndexOf("/");
  const above = within(known, end < 0 ? "" : path.slice(0, end));
  const made = folder<T>(path, path.slice(end + 1));
  above.folders.push(made);
  known.set(path, made);
  return made;
}

/** Sorts, counts and joins, from the leaves up. */
function finish<T>(node: Folder<T>): void {
  node.folders = node.folders.map((one) => {
    finish(one);
    const only = one.files.length === 0 && one.folders.length === 1 ? one.folders[0] : undefined;
    return only ? { ...only, label: `${one.label}/${only.label}` } : one;
  });
  node.folders.sort((one, other) => order(one.label, other.label));
  node.files.sort((one, other) => order(leaf(one.path), leaf(other.path)));
  node.count = node.folders.reduce((sum, one) => sum + one.count, node.files.length);
}

function order(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Returns the rows to be seen: folders first, and nothing below a folder that is closed. */
export function rows<T>(root: Folder<T>, closed: (path: string) => boolean): Row<T>[] {
  const found: Row<T>[] = [];
  collect(root, 0, closed, found);
  return found;
}

function collect<T>(
  node: Folder<T>,
  depth: number,
  closed: (path: string) => boolean,
  found: Row<T>[],
): void {
  const siblings = node.folders.length + node.files.length;
  node.folders.forEach((one, index) => {
    const expanded = !closed(one.path);
    found.push({
      key: `${one.path}/`,
      path: one.path,
      label: one.label,
      depth,
      folder: true,
      expanded,
      position: index + 1,
      siblings,
      count: one.count,
      item: undefined,
    });
    if (expanded) collect(one, depth + 1, closed, found);
  });
  node.files.forEach((one, index) => {
    found.push({
      key: one.path,
      path: one.path,
      label: leaf(one.path),
      depth,
      folder: false,
      expanded: false,
      position: node.folders.length + index + 1,
      siblings,
      count: 1,
      item: one.item,
    });
  });
}

/** Returns the files in the order in which the tree shows them when everything is open. */
export function inOrder<T>(root: Folder<T>): Entry<T>[] {
  return [...root.folders.flatMap(inOrder), ...root.files];
}

/** Returns the paths of all folders that a path is in, the outermost first. */
export function foldersOf(path: string): string[] {
  const found: string[] = [];
  for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1))
    found.push(path.slice(0, end));
  return found;
}

/** Returns where the row is that holds a row, or -1 at the top. */
export function above<T>(all: readonly Row<T>[], index: number): number {
  const depth = all[index]?.depth ?? 0;
  for (let at = index - 1; at >= 0; at -= 1) {
    if ((all[at]?.depth ?? 0) < depth) return at;
  }
  return -1;
}

/** Returns which rows of a scrolled list are drawn: those in sight and some on either side. */
export function inSight(
  scrolled: number,
  height: number,
  rowHeight: number,
  count: number,
  spare = 12,
): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrolled / rowHeight) - spare));
  const last = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + spare);
  return { first, last: Math.max(first, last) };
}
