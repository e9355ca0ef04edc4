/** Moving through lists with `j` and `k`: the focus goes from row to row, so Enter and a screen reader follow. */

import { type Binding, useKeys } from "./keys";

/** Binds `j`, `k`, and `/` where there is a field to filter with, to the rows of the present view. */
export function useRowKeys(title: string, more: readonly Binding[] = []): void {
  useKeys(title, [
    { keys: "j", label: "Next row", run: () => step(1) },
    { keys: "k", label: "Previous row", run: () => step(-1) },
    { keys: "/", label: "Filter", run: focusFilter },
    ...more,
  ]);
}

/** Returns the row that has the focus, null where none has. */
export function focusedRow(): HTMLElement | null {
  return document.activeElement?.closest<HTMLElement>("[data-row]") ?? null;
}

/** Returns the index of the row to go to. */
export function nextIndex(count: number, present: number, by: number): number {
  if (count === 0) return -1;
  if (present < 0) return by > 0 ? 0 : count - 1;
  return Math.min(count - 1, Math.max(0, present + by));
}

function step(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const present = focusedRow();
  const next = rows[nextIndex(rows.length, present === null ? -1 : rows.indexOf(present), by)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function focusFilter(): void {
  const field = document.querySelector<HTMLInputElement>("main [data-filter]");
  field?.focus();
  field?.select();
}
