/** What a key does to the change or hunk that is looked at; the focus then goes on to what took its place. */

import { focusedRow } from "../../shell/rows";
import { mayAct } from "../../shell/who";
import { pathsOf } from "./paths";
import type { Changes } from "./state";

/** Stages, unstages or discards the focused hunk, or the chosen file where none has the focus. */
export async function act(changes: Changes, what: "stage" | "unstage" | "discard"): Promise<void> {
  const chosen = changes.chosen.value;
  const file = changes.change.value;
  if (!chosen || !file || (what === "unstage") !== (chosen.part === "staged")) return;
  const row = focusedRow();
  const index = row === null ? -1 : rowsOnScreen().indexOf(row);
  const hunks = changes.looked.value?.hunks.filter((one) => one.id === row?.dataset.hunk) ?? [];
  const { path } = chosen;
  if (what === "discard") {
    await (hunks.length > 0 ? changes.discardHunks(path, hunks) : changes.discard([path]));
  } else {
    await changes[what](
      hunks.length > 0 ? { path, hunks: hunks.map((one) => one.id) } : { paths: pathsOf(file) },
    );
  }
  if (index >= 0) requestAnimationFrame(() => goOn(index));
}

/** Returns what the keyboard does on a row itself: the space bar stages what is not staged, and the other way round. */
export function onSpace(changes: Changes): (event: KeyboardEvent) => void {
  return (event) => {
    if (event.key !== " " || event.target !== event.currentTarget || !mayAct.value) return;
    event.preventDefault();
    event.stopPropagation();
    void act(changes, changes.chosen.value?.part === "staged" ? "unstage" : "stage");
  };
}

function rowsOnScreen(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("main [data-row]")];
}

function goOn(index: number): void {
  const focused = document.activeElement;
  if (focused !== null && focused !== document.body && focused.isConnected) return;
  const left = rowsOnScreen();
  left[Math.min(index, left.length - 1)]?.focus();
}
