/**
 * The diff editor of a review: shows a pair of texts, keeps the place of each file, follows texts that change, and
 * says what is under the cursor. It knows editors; of reviews it knows nothing.
 */

import { signal } from "@preact/signals";
import type { CodeEditor, DiffEditor, Model } from "../monaco";
import type { Monaco } from "../monaco/load";
import { beside, type Change, type Direction, lineOf, ordinal, step } from "./changes";
import type { Sides } from "./describe";
import type { Target } from "./session";

/** How the editor shows diffs. */
export interface Look {
  dark: boolean;
  inline: boolean;
  fold: boolean;
  ignoreSpace: boolean;
  wrap: boolean;
}

/** A choice of lines on one side, both ends included. */
export interface Lines {
  side: "old" | "new";
  line: number;
  endLine: number;
  quote: string;
}

/** What is shown of a file. */
export interface Texts {
  old: string;
  now: string;
  oldPath: string;
  sides: Sides;
}

type Gone = { dispose(): void };

/** What the rest of the review is told. */
export interface Listener {
  onDiff(): void;
  onShape(): void;
  onKey(event: KeyboardEvent): void;
  onPick(lines: Lines): void;
}

export class Pane {
  readonly diff: DiffEditor;
  readonly old: CodeEditor;
  readonly now: CodeEditor;
  /** Whether the right side was typed into since it was last read or saved. */
  readonly dirty = signal(false);
  readonly editing = signal(false);
  /** Which change the cursor is at, and how many there are. */
  readonly at = signal({ ordinal: 0, count: 0 });
  /** Which sides are shown: the one that is no file is not. */
  readonly sides = signal<Sides>("both");
  /** Whether both sides stand in one column. */
  readonly inline = signal(false);

  readonly #monaco: Monaco;
  readonly #listener: Listener;
  readonly #gone: Gone[] = [];
  readonly #places = new Map<string, ReturnType<DiffEditor["saveViewState"]>>();
  #look: Look;
  #path = "";
  #models: { original: Model; modified: Model; view: Gone } | null = null;
  #clean = 0;
  #showing = 0;

  constructor(monaco: Monaco, host: HTMLElement, look: Look, listener: Listener) {
    this.#monaco = monaco;
    this.#listener = listener;
    this.#look = look;
    this.diff = monaco.createDiff(host, this.#settings());
    this.old = this.diff.getOriginalEditor();
    this.now = this.diff.getModifiedEditor();
    this.#gone.push(
      this.diff.onDidUpdateDiff(() => {
        this.#count();
        listener.onDiff();
      }),
      this.now.onDidChangeCursorPosition(() => this.#count()),
      this.now.onDidChangeModelContent(() => this.#weigh()),
      this.now.onDidLayoutChange(() => this.#shape()),
    );
    for (const editor of [this.old, this.now]) this.#listen(editor);
  }

  #settings() {
    return {
      ...this.#look,
      sides: this.sides.value,
      label: "Differences",
      readOnly: !this.editing.value,
    };
  }

  #listen(editor: CodeEditor): void {
    const { GUTTER_LINE_NUMBERS } = this.#monaco.editor.MouseTargetType;
    const hover = editor.createDecorationsCollection();
    let pressed = false;
    this.#gone.push(
      editor.onKeyDown(({ browserEvent }) => {
        if (!this.editing.value || editor === this.old) this.#listener.onKey(browserEvent);
      }),
      editor.onMouseMove(({ target }) => {
        const line = target.position?.lineNumber;
        const mark = line === undefined ? [] : [plus(line)];
        if (hover.getRange(0)?.startLineNumber !== line) hover.set(mark);
      }),
      editor.onMouseLeave(() => hover.clear()),
      editor.onMouseDown(({ target }) => {
        pressed = target.type === GUTTER_LINE_NUMBERS;
      }),
      editor.onMouseUp(() => {
        const lines = pressed ? this.chosen(editor) : null;
        pressed = false;
        if (lines) this.#listener.onPick(lines);
      }),
    );
  }

  /** Shows a pair of texts; what was shown stays until the two were compared. Returns whether it is still wanted. */
  async show(path: string, texts: Texts): Promise<boolean> {
    this.#showing += 1;
    const mine = this.#showing;
    this.keep();
    const original = this.#monaco.openModel(texts.oldPath, texts.old);
    const modified = this.#monaco.openModel(path, texts.now);
    const view = this.diff.createViewModel({ original, modified });
    await view.waitForDiff();
    if (mine !== this.#showing) {
      for (const one of [view, original, modified]) one.dispose();
      return false;
    }
    const before = this.#models;
    this.#models = { original, modified, view };
    this.#path = path;
    this.#clean = modified.getAlternativeVersionId();
    this.dirty.value = false;
    this.only(texts.sides);
    this.diff.setModel(view);
    dispose(before);
    this.#shape();
    this.#count();
    return true;
  }

  /** Goes to a line or to the first or last change; without either to where the file was left. */
  goTo(target: Target | Direction | null): void {
    const left = this.#places.get(this.#path);
    if (target === null || (target === "next" && left)) {
      if (left) this.diff.restoreViewState(left);
      return;
    }
    if (typeof target === "object") {
      this.reveal(target.side, target.line);
      return;
    }
    const changes = this.changes;
    const change = target === "next" ? changes[0] : changes[changes.length - 1];
    if (change) this.#at(this.now, lineOf(change));
  }

  /** Remembers where the open file is looked at. */
  keep(): void {
    if (this.#models) this.#places.set(this.#path, this.diff.saveViewState());
  }

  get changes(): readonly Change[] {
    return this.diff.getLineChanges() ?? [];
  }

  /** Goes to the next or previous change; says whether there was one. */
  step(direction: Direction): boolean {
    const change = step(this.changes, this.now.getPosition()?.lineNumber ?? 1, direction);
    if (change) this.#at(this.now, lineOf(change));
    return change !== undefined;
  }

  /** Goes to a line of a side, unfolding what hides it. */
  reveal(side: "old" | "new", line: number): void {
    if (side === "old" && this.inline.value) this.#at(this.now, beside(this.changes, line));
    else this.#at(side === "old" ? this.old : this.now, line);
  }

  #at(editor: CodeEditor, line: number): void {
    const count = editor.getModel()?.getLineCount() ?? 1;
    const lineNumber = Math.max(1, Math.min(line, count));
    editor.setPosition({ lineNumber, column: 1 });
    editor.revealLineInCenter(lineNumber, this.#monaco.editor.ScrollType.Immediate);
  }

  /** Unfolds lines without going there. */
  unfold(side: "old" | "new", lines: readonly number[]): void {
    const editor = side === "old" ? this.old : this.now;
    const before = editor.getSelections();
    for (const lineNumber of lines) if (lineNumber > 0) editor.setPosition({ lineNumber, column: 1 });
    if (before && side === "new") editor.setSelections(before);
  }

  /** Returns the lines that are selected in an editor, or the one of the cursor. */
  chosen(editor: CodeEditor = this.old.hasTextFocus() ? this.old : this.now): Lines | null {
    const selection = editor.getSelection();
    const model = editor.getModel();
    if (!selection || !model) return null;
    const { startLineNumber: line, endLineNumber: last, endColumn } = selection;
    const endLine = last > line && endColumn === 1 ? last - 1 : last;
    const quote = model
      .getLinesContent()
      .slice(line - 1, endLine)
      .join("\n");
    return { side: editor === this.old ? "old" : "new", line, endLine, quote };
  }

  /** Makes the open texts others in place; the right one only where that loses nothing that was typed. */
  follow(texts: { old?: string; now?: string }): void {
    if (!this.#models) return;
    if (texts.old !== undefined) this.#monaco.follow(this.#models.original, texts.old);
    if (texts.now === undefined) return;
    this.#monaco.follow(this.#models.modified, texts.now);
    this.settle();
  }

  /** Takes the right side as it is now for what is stored. */
  settle(): void {
    this.#clean = this.#models?.modified.getAlternativeVersionId() ?? 0;
    this.dirty.value = false;
  }

  /** Returns the right side with plain line feeds. */
  text(): string {
    return this.#models?.modified.getLinesContent().join("\n") ?? "";
  }

  lines(): { old: readonly string[]; now: readonly string[] } {
    if (!this.#models) return { old: [], now: [] };
    return { old: this.#models.original.getLinesContent(), now: this.#models.modified.getLinesContent() };
  }

  edit(on: boolean): void {
    this.editing.value = on;
    this.now.updateOptions({ readOnly: !on });
    if (on) this.now.focus();
  }

  /** Shows these sides alone. */
  only(sides: Sides): void {
    if (sides === this.sides.value) return;
    this.sides.value = sides;
    this.#lay();
  }

  look(look: Look): void {
    this.#look = look;
    this.#monaco.showTheme(look.dark);
    this.#lay();
  }

  #lay(): void {
    this.diff.updateOptions(this.#monaco.diffOptions(this.#settings()));
    this.#shape();
  }

  #weigh(): void {
    const id = this.#models?.modified.getAlternativeVersionId();
    this.dirty.value = this.editing.value && id !== this.#clean;
  }

  #count(): void {
    const { changes } = this;
    const line = this.now.getPosition()?.lineNumber ?? 1;
    const next = { ordinal: ordinal(changes, line), count: changes.length };
    const { ordinal: before, count } = this.at.value;
    if (next.ordinal !== before || next.count !== count) this.at.value = next;
  }

  /** Names both sides; the diff editor takes the names away whenever its own options change. */
  #name(): void {
    this.old.updateOptions({ ariaLabel: "Before" });
    this.now.updateOptions({ ariaLabel: "After" });
  }

  #shape(): void {
    this.#name();
    const inline = this.diff.getContainerDomNode().querySelector(".monaco-diff-editor.side-by-side") === null;
    if (inline === this.inline.value) return;
    this.inline.value = inline;
    this.#listener.onShape();
  }

  dispose(): void {
    this.#showing += 1;
    for (const one of this.#gone) one.dispose();
    this.diff.setModel(null);
    dispose(this.#models);
    this.#models = null;
    this.diff.dispose();
  }
}

function dispose(models: { original: Model; modified: Model; view: Gone } | null): void {
  if (!models) return;
  for (const one of [models.view, models.original, models.modified]) one.dispose();
}

function plus(line: number) {
  return {
    range: { startLineNumber: line, startColumn: 1, endLineNumber: line, endColumn: 1 },
    options: { description: "comment", lineNumberClassName: "comment-plus" },
  };
}
