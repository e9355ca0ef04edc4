/**
 * The keyboard: views bind keys while they are shown, the newest view first, and `?` lists what is bound.
 * Keys typed into a field stay there, unless a binding says that it holds anywhere.
 */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { chordOf, match } from "./chords";

export interface Binding {
  /** As `chordOf` writes it; presses one after the other are parted by a space: `g o`. */
  keys: string;
  /** What it does, for the list of keys. */
  label: string;
  run: (event: KeyboardEvent) => void;
  /** Holds also while a person types into a field, and inside of the terminal and the editor. */
  anywhere?: boolean;
}

export interface Group {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

/** Whether this machine's keyboard has a Command key in the place of Control. */
export const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/** Everything that is bound now, the newest last. */
export const groups = signal<readonly Group[]>([]);

const PATIENCE = 1200;
let typed: string[] = [];
let typedAt = 0;

/** Binds keys until the function that it returns is called. */
export function bindKeys(title: string, bindings: readonly Binding[]): () => void {
  const group: Group = { title, bindings };
  groups.value = [...groups.value, group];
  return () => {
    groups.value = groups.value.filter((one) => one !== group);
  };
}

/** Binds keys while a component is shown; what they do may change from one rendering to the next. */
export function useKeys(title: string, bindings: readonly Binding[]): void {
  const latest = useRef(bindings);
  latest.current = bindings;
  const shape = bindings.map((one) => `${one.keys}\t${one.label}\t${one.anywhere ? 1 : 0}`).join("\n");
  useEffect(() => {
    const lines = shape === "" ? [] : shape.split("\n");
    const steady = lines.map((line, place) => {
      const [keys = "", label = "", anywhere] = line.split("\t");
      const run = (event: KeyboardEvent) => latest.current[place]?.run(event);
      return { keys, label, anywhere: anywhere === "1", run };
    });
    return bindKeys(title, steady);
  }, [title, shape]);
}

/** Begins to listen. */
export function startKeys(): void {
  addEventListener("keydown", pressAnywhere, { capture: true });
  addEventListener("keydown", press);
}

/** Bindings that hold anywhere come before what an editor would make of the key; a terminal keeps all its keys. */
function pressAnywhere(event: KeyboardEvent): void {
  if (!counts(event)) return;
  if (event.target instanceof HTMLElement && event.target.closest("[data-keys=own]")) return;
  const chord = chordOf(event, mac);
  const found = bound().find((one) => one.anywhere && one.keys === chord);
  if (!found) return;
  event.preventDefault();
  event.stopPropagation();
  found.run(event);
}

function press(event: KeyboardEvent): void {
  if (!counts(event) || isTyping(event.target)) return;
  const usable = bound().filter((one) => !one.anywhere);
  if (event.timeStamp - typedAt > PATIENCE) typed = [];
  const chord = chordOf(event, mac);
  const keys = usable.map((one) => one.keys);
  let row = [...typed, chord];
  if (match(row, keys) === "none") row = [chord];
  const found = match(row, keys);
  typed = found === "part" ? row : [];
  typedAt = event.timeStamp;
  if (found === "none") return;
  event.preventDefault();
  if (found === "whole") usable.find((one) => one.keys === row.join(" "))?.run(event);
}

function bound(): Binding[] {
  return groups.value.flatMap((group) => group.bindings).reverse();
}

function counts(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.isComposing) return false;
  if (["Control", "Shift", "Alt", "Meta"].includes(event.key)) return false;
  return document.querySelector("dialog[open]") === null;
}

/** Says whether keys pressed here are text for a field. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target.isContentEditable || target.closest("textarea, select, [role=textbox]") !== null;
}
