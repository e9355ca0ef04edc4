/** What the page says in passing, and what it asks: short notes at the edge, and dialogs that wait for an answer. */

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { explain } from "../api/problem";
import { firstField } from "./fields";
import { Icon, IconButton } from "./icons";

export type Tone = "info" | "done" | "warning" | "error";

interface Note {
  readonly id: number;
  readonly text: string;
  readonly hint: string;
  readonly tone: Tone;
}

const notes = signal<readonly Note[]>([]);
const MOST = 4;
let counter = 0;

/** Says something at the edge of the page; it goes by itself, errors later. */
export function say(text: string, tone: Tone = "info", hint = ""): void {
  const note: Note = { id: ++counter, text, hint, tone };
  notes.value = [...notes.value.slice(1 - MOST), note];
  setTimeout(() => dismiss(note.id), tone === "error" || tone === "warning" ? 12_000 : 5_000);
}

/** Says what went wrong, with what can be done about it. */
export function sayProblem(error: unknown): void {
  const { text, hint } = explain(error);
  say(text, "error", hint);
}

function dismiss(id: number): void {
  notes.value = notes.value.filter((one) => one.id !== id);
}

const SIGNS = { info: "events", done: "check", warning: "warn", error: "warn" } as const;

/** Where the notes stand. */
export function Notes() {
  return (
    <div class="notes" role="status" aria-live="polite">
      {notes.value.map((note) => (
        <div key={note.id} class={`note ${note.tone}`}>
          <Icon name={SIGNS[note.tone]} />
          <div class="grow">
            <p>{note.text}</p>
            {note.hint && <p class="dim">{note.hint}</p>}
          </div>
          <IconButton name="close" label="Dismiss" onClick={() => dismiss(note.id)} />
        </div>
      ))}
    </div>
  );
}

/** A dialog over the page: the browser keeps the focus inside of it, and Escape closes it. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  className?: string;
  bare?: boolean;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const settled = useRef(false);
  useEffect(() => {
    box.current?.showModal();
  }, []);
  // What is to be filled in may come later than the dialog; where a person already went, the focus stays.
  useEffect(() => {
    if (settled.current || !box.current) return;
    const present = document.activeElement;
    const own = present === null || present.closest("dialog") !== box.current;
    const field = firstField(box.current);
    if (own || present === box.current || present.closest(".dialog-head") !== null) field?.focus();
    settled.current = field !== null;
  });
  const onClose = props.onClose;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a dialog closes with Escape by itself.
    <dialog
      ref={box}
      class={props.className}
      aria-label={props.title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === box.current) box.current?.close();
      }}
    >
      {!props.bare && (
        <header class="dialog-head">
          <h2 class="grow clip">{props.title}</h2>
          <IconButton name="close" label="Close" onClick={() => box.current?.close()} />
        </header>
      )}
      {props.children}
    </dialog>
  );
}

interface Question {
  readonly title: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly yes: string;
  readonly danger: boolean;
  readonly answer: (yes: boolean) => void;
}

const question = signal<Question | null>(null);

/** Asks a person; resolves to whether the answer was yes. */
export function ask(asked: {
  title: string;
  text: string;
  lines?: readonly string[];
  yes: string;
  danger?: boolean;
}): Promise<boolean> {
  question.value?.answer(false);
  return new Promise((resolve) => {
    question.value = { lines: [], danger: false, ...asked, answer: resolve };
  });
}

/** Where a question is asked. */
export function Asking() {
  const asked = question.value;
  if (asked === null) return null;
  const settle = (yes: boolean) => {
    if (question.peek() !== asked) return;
    question.value = null;
    asked.answer(yes);
  };
  return (
    <Dialog title={asked.title} onClose={() => settle(false)}>
      <div class="dialog-body">
        <p>{asked.text}</p>
        {asked.lines.length > 0 && <pre class="lines">{asked.lines.join("\n")}</pre>}
      </div>
      <footer class="dialog-foot">
        <button type="button" class="button" onClick={() => settle(false)}>
          Cancel
        </button>
        <button
          type="button"
          class={`button ${asked.danger ? "danger" : "primary"}`}
          onClick={() => settle(true)}
        >
          {asked.yes}
        </button>
      </footer>
    </Dialog>
  );
}
