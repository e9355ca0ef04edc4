/**
 * The editor of one file: its text, where it was left, whether it was typed into, and, where the file on disk became
 * another one meanwhile, both beside each other.
 */

import { signal } from "@preact/signals";
import type { DiffEditor, Editor, Model } from "../monaco";
import type { Monaco } from "../monaco/load";

/** How the editor shows texts. */
export interface Look {
  dark: boolean;
  wrap: boolean;
}

type Gone = { dispose(): void };

export class FilePane {
  readonly editor: Editor;
  /** Whether the text was typed into since it was last read or saved. */
  readonly dirty = signal(false);
  readonly cursor = signal({ line: 1, column: 1 });

  readonly #monaco: Monaco;
  readonly #beside: HTMLElement;
  readonly #gone: Gone[];
  readonly #places = new Map<string, ReturnType<Editor["saveViewState"]>>();
  #look: Look;
  #path = "";
  #model: Model | null = null;
  #clean = 0;
  #readOnly = true;
  #comparison: { diff: DiffEditor; theirs: Model } | null = null;

  /** `host` holds the editor, `beside` the comparison while there is one. */
  constructor(monaco: Monaco, host: HTMLElement, beside: HTMLElement, look: Look) {
    this.#monaco = monaco;
    this.#beside = beside;
    this.#look = look;
    this.editor = monaco.createEditor(host, this.#settings());
    this.#gone = [
      this.editor.onDidChangeModelContent(() => this.#weigh()),
      this.editor.onDidChangeCursorPosition(({ position }) => {
        this.cursor.value = { line: position.lineNumber, column: position.column };
      }),
    ];
  }

  #settings() {
    return { ...this.#look, label: this.#path, readOnly: this.#readOnly };
  }

  /** Shows a text in the place of what was shown; a file comes back where it was left, or at a line. */
  show(path: string, text: string, readOnly: boolean, line?: number): void {
    this.keep();
    this.compare(null);
    const before = this.#model;
    this.#path = path;
    this.#readOnly = readOnly;
    this.#model = this.#monaco.openModel(path, text);
    this.editor.setModel(this.#model);
    before?.dispose();
    this.settle();
    this.look(this.#look);
    const left = this.#places.get(path);
    if (line !== undefined) this.reveal(line);
    else if (left) this.editor.restoreViewState(left);
    const at = this.editor.getPosition();
    this.cursor.value = { line: at?.lineNumber ?? 1, column: at?.column ?? 1 };
  }

  /** Remembers where the open file is looked at. */
  keep(): void {
    if (this.#model && this.#path !== "") this.#places.set(this.#path, this.editor.saveViewState());
  }

  /** Makes the open text another one in place, and takes it for what is stored. */
  follow(text: string): void {
    if (!this.#model) return;
    this.#monaco.follow(this.#model, text);
    this.settle();
  }

  /** Takes the text as it is now for what is stored. */
  settle(): void {
    this.#clean = this.#model?.getAlternativeVersionId() ?? 0;
    this.dirty.value = false;
  }

  /** Returns the text with plain line feeds. */
  text(): string {
    return this.#model?.getLinesContent().join("\n") ?? "";
  }

  /** Shows another text beside the open one, which can still be edited; null shows the open one alone again. */
  compare(theirs: string | null): void {
    const before = this.#comparison;
    this.#comparison = null;
    if (before) {
      before.diff.dispose();
      before.theirs.dispose();
    }
    if (theirs === null || !this.#model) return;
    const settings = {
      ...this.#settings(),
      inline: false,
      fold: true,
      ignoreSpace: false,
      sides: "both" as const,
    };
    const diff = this.#monaco.createDiff(this.#beside, settings);
    const original = this.#monaco.openModel(this.#path, theirs);
    diff.setModel({ original, modified: this.#model });
    diff.getOriginalEditor().updateOptions({ ariaLabel: "On disk" });
    diff.getModifiedEditor().updateOptions({ ariaLabel: "As typed here" });
    this.#comparison = { diff, theirs: original };
  }

  focus(): void {
    (this.#comparison?.diff.getModifiedEditor() ?? this.editor).focus();
  }

  reveal(line: number): void {
    const lineNumber = Math.max(1, Math.min(line, this.#model?.getLineCount() ?? 1));
    this.editor.setPosition({ lineNumber, column: 1 });
    this.editor.revealLineInCenter(lineNumber, this.#monaco.editor.ScrollType.Immediate);
  }

  readOnly(on: boolean): void {
    this.#readOnly = on;
    this.look(this.#look);
  }

  look(look: Look): void {
    this.#look = look;
    this.#monaco.showTheme(look.dark);
    this.editor.updateOptions({
      ariaLabel: this.#path,
      readOnly: this.#readOnly,
      wordWrap: look.wrap ? "on" : "off",
    });
    this.#comparison?.diff.updateOptions({
      readOnly: this.#readOnly,
      diffWordWrap: look.wrap ? "on" : "off",
    });
  }

  #weigh(): void {
    this.dirty.value = this.#model !== null && this.#model.getAlternativeVersionId() !== this.#clean;
  }

  dispose(): void {
    this.compare(null);
    for (const one of this.#gone) one.dispose();
    this.editor.dispose();
    this.#model?.dispose();
    this.#model = null;
  }
}
