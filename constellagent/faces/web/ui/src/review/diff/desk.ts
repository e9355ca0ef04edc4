/**
 * The desk of a reviewer: the review, its comments and the editor together, with what a key or a button asks of them.
 * Leaving what was typed is always asked about first.
 */

import { batch, computed, signal } from "@preact/signals";
import { ofAgent, put } from "../../api/client";
import { explain, Problem } from "../../api/problem";
import type { ContentView, SavedView } from "../../api/schema";
import { ask, say, sayProblem } from "../../shell/talk";
import { Comments } from "../comments/store";
import { shown } from "../tree/names";
import { takeReview } from "./ahead";
import type { Direction } from "./changes";
import type { Pair } from "./contents";
import { locked, present, showing } from "./describe";
import type { Lines, Pane } from "./pane";
import { WORKTREE } from "./range";
import { type Held, type Standing, save, standing } from "./saving";
import type { Opened, Review, Target } from "./session";
import { Turns } from "./turns";

export class Desk {
  readonly review: Review;
  readonly comments: Comments;
  readonly pane = signal<Pane | null>(null);
  /** How the typed text stands to the file on disk. */
  readonly standing = signal<Standing>("same");
  /** Whether the left side shows the file on disk at the moment, beside what was typed. */
  readonly comparing = signal(false);
  readonly saving = signal(false);
  /** Counts the times that another text was put into the editor: what stands between lines is laid out anew. */
  readonly shownTexts = signal(0);
  /** The path whose texts are in the editor, empty while none are. */
  readonly inEditor = signal("");
  /** Whether the file that was chosen last is shown as far as it can be: what a key asks of it can be done. */
  readonly there = computed(() => this.#arrived());

  /** Whether a text is on its way into the editor, which still holds the one before. */
  readonly #filling = signal(false);
  readonly #turns = new Turns(this.there);
  #base: Pair | null = null;
  #latest: ContentView | null = null;

  constructor(constellation: string, agent: string) {
    this.review = takeReview(constellation, agent);
    this.comments = new Comments(constellation, agent);
  }

  get dirty(): boolean {
    return this.pane.value?.dirty.value ?? false;
  }

  /** Says what would be lost by leaving, null where nothing would. */
  losing(): string | null {
    if (this.dirty) return `${shown(this.review.path.value)} was changed here and is not saved.`;
    return this.comments.unsaved ? "A comment was begun and is not added yet." : null;
  }

  #arrived(): boolean {
    const { view, problem, path, opened } = this.review;
    const now = opened.value;
    if (now?.change.path === path.value) {
      const text = now.pair !== null && showing(now.pair.old, now.pair.now) === "text";
      return !text || (this.inEditor.value === path.value && !this.#filling.value);
    }
    if (view.value === null) return problem.value !== null;
    return now === null && !view.value.files.some((one) => one.path === path.value);
  }

  /** Opens a file, after asking where something typed would be lost. What waits for another one is forgotten. */
  async open(path: string, target: Target | Direction = "next"): Promise<void> {
    this.#turns.drop();
    await this.#open(path, target);
  }

  async #open(path: string, target: Target | Direction): Promise<void> {
    if (path === this.review.path.value && typeof target === "object") {
      if (this.there.value) this.pane.value?.reveal(target.side, target.line);
      else this.review.target = target;
      return;
    }
    if (path !== this.review.path.value && this.dirty && !(await this.mayLeave())) return;
    await this.review.open(path, target);
  }

  /** Asks whether what was typed may be lost, where something was. */
  async mayLeave(): Promise<boolean> {
    if (!this.dirty) return true;
    const text = `${shown(this.review.path.value)} was changed here and is not saved.`;
    const yes = await ask({ title: "Unsaved changes", text, yes: "Discard them", danger: true });
    if (yes) this.#forget();
    return yes;
  }

  #forget(): void {
    const pane = this.pane.value;
    if (pane && this.#base) pane.follow({ now: this.#base.now.text ?? "" });
  }

  /** Puts what is open into the editor, or makes the editor follow it. */
  async sync(opened: Opened | null): Promise<void> {
    const pane = this.pane.value;
    const pair = opened?.pair;
    if (!pane || !pair || !opened || showing(pair.old, pair.now) !== "text") {
      if (opened?.pair) this.inEditor.value = "";
      return;
    }
    const { path } = opened.change;
    const another =
      this.#filling.value ||
      this.inEditor.value !== path ||
      this.#base?.old.revision !== pair.old.revision ||
      this.#base.now.revision !== pair.now.revision;
    if (another) await this.#fill(pane, opened, pair);
    else this.#follow(pane, pair);
  }

  async #fill(pane: Pane, opened: Opened, pair: Pair): Promise<void> {
    const { path, old_path } = opened.change;
    this.#filling.value = true;
    pane.edit(false);
    const texts = {
      old: pair.old.text ?? "",
      now: pair.now.text ?? "",
      oldPath: old_path ?? path,
      sides: present(pair.old, pair.now),
    };
    if (!(await pane.show(path, texts))) return;
    pane.goTo(this.review.target);
    batch(() => {
      this.#filling.value = false;
      this.#base = pair;
      this.#latest = pair.now;
      this.standing.value = "same";
      this.comparing.value = false;
      this.inEditor.value = path;
      this.shownTexts.value += 1;
    });
  }

  #follow(pane: Pane, pair: Pair): void {
    const base = this.#base;
    if (!base) return;
    if (pair.old !== base.old && !this.comparing.value) pane.follow({ old: pair.old.text ?? "" });
    const held: Held = { base: base.now, dirty: this.dirty };
    const known = this.#latest;
    this.#latest = pair.now;
    const next = standing(held, pair.now);
    if (next === "follow") {
      pane.only(present(pair.old, pair.now));
      pane.follow({ now: pair.now.text ?? "" });
      this.#base = pair;
      this.standing.value = "same";
      return;
    }
    this.#base = { old: pair.old, now: base.now };
    if (next === "changed" && known?.version !== pair.now.version && !this.saving.value) {
      this.standing.value = this.standing.value === "conflict" ? "conflict" : "changed";
    }
  }

  /** Saves what was typed, if the file is still what that was made from. */
  async save(): Promise<void> {
    const pane = this.pane.value;
    const base = this.#base?.now;
    if (!pane || !base || !pane.dirty.value || this.saving.value || base.revision !== WORKTREE) return;
    this.saving.value = true;
    const text = pane.text();
    try {
      const address = ofAgent(this.review.constellation, this.review.agent, "content");
      const saved = await put<SavedView>(address, save(base, text));
      this.review.contents.forget(base.path);
      this.#stored(pane, text, saved);
      say(`saved ${shown(base.path)}`, "done");
      await this.review.refresh();
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await this.#refused(error);
      else sayProblem(error);
    } finally {
      this.saving.value = false;
    }
  }

  #stored(pane: Pane, text: string, saved: SavedView): void {
    const base = this.#base;
    if (!base) return;
    const now = { ...base.now, text, version: saved.version, size: saved.size };
    this.#base = { old: base.old, now };
    this.#latest = now;
    if (pane.text() === text) pane.settle();
    batch(() => {
      this.standing.value = "same";
      if (this.comparing.value) this.#endCompare(pane);
    });
  }

  async #refused(error: Problem): Promise<void> {
    this.standing.value = "conflict";
    try {
      const { path, contents } = this.review;
      contents.forget(path.value);
      this.#latest = await contents.get(path.value, WORKTREE);
    } catch (other) {
      say(error.message, "error", explain(other).text);
    }
  }

  /** Shows the file on disk on the left, beside what was typed. */
  compare(): void {
    this.pane.value?.follow({ old: this.#latest?.text ?? "" });
    this.comparing.value = true;
    this.pane.value?.now.focus();
  }

  /** Goes on with what was typed; saving it is refused until it was compared. */
  keepMine(): void {
    this.standing.value = "same";
    this.pane.value?.now.focus();
  }

  /** Shows the file on disk in the place of what was typed. */
  takeTheirs(): void {
    const pane = this.pane.value;
    const latest = this.#latest;
    if (!pane || !latest || !this.#base) return;
    pane.follow({ now: latest.text ?? "" });
    this.#base = { old: this.#base.old, now: latest };
    this.standing.value = "same";
    this.#endCompare(pane);
    pane.now.focus();
  }

  /** Saves what was typed over the file on disk that was shown: refused again if it changed once more. */
  async overwrite(): Promise<void> {
    if (!this.#base || !this.#latest) return;
    this.#base = { old: this.#base.old, now: this.#latest };
    await this.save();
    this.pane.value?.now.focus();
  }

  #endCompare(pane: Pane): void {
    this.comparing.value = false;
    pane.follow({ old: this.#base?.old.text ?? "" });
  }

  /** Goes to the next or previous change, in the next file where this one has no more, once the file is there. */
  change(direction: Direction): void {
    this.#turns.ask(async () => {
      const pane = this.pane.value;
      if (this.inEditor.value === this.review.path.value && pane?.step(direction)) return;
      const file = this.review.beside(direction);
      if (file) await this.#open(file.path, direction);
      else say(direction === "next" ? "this was the last change" : "this was the first change");
    });
  }

  /** Goes to the next or previous file at once: what waits for the one chosen before is forgotten. */
  async file(direction: Direction): Promise<void> {
    this.#turns.drop();
    await this.#beside(direction);
  }

  async #beside(direction: Direction): Promise<void> {
    const file = this.review.beside(direction);
    if (file) await this.#open(file.path, "next");
    else say(direction === "next" ? "this was the last file" : "this was the first file");
  }

  /** Marks the file as viewed and goes on to the next, or takes the mark away, once the file is there. */
  view(): void {
    this.#turns.ask(async () => {
      const { review } = this;
      const file = review.opened.value?.change;
      if (!file) return;
      const on = !review.viewed(file);
      review.mark(file, on);
      if (on) await this.#beside("next");
    });
  }

  /** Lets the right side be typed into, once it is there and where that can be saved. */
  edit(): void {
    this.#turns.ask(() => {
      const now = this.#text()?.now;
      if (now?.revision === WORKTREE && locked(now) === "") this.pane.value?.edit(true);
    });
  }

  /** Begins a comment on the selected lines once they are there, or on a whole file that has none. */
  commentHere(): void {
    this.#turns.ask(() => {
      if (this.#text()) this.comment(this.pane.value?.chosen() ?? null);
      else if (this.review.opened.value?.pair) this.#commentFile();
    });
  }

  /** Returns both sides of the chosen file where it is its text that is in the editor. */
  #text(): Pair | null {
    const pair = this.review.opened.value?.pair;
    return pair && showing(pair.old, pair.now) === "text" ? pair : null;
  }

  /** Begins a comment on lines of the text that is in the editor. */
  comment(lines: Lines | null): void {
    const base = this.#base;
    if (!base || !lines || this.inEditor.value === "") return;
    const revision = (lines.side === "old" ? base.old : base.now).revision;
    const path = this.inEditor.value;
    this.comments.begin({ path, ...lines, revision, text: "" });
  }

  #commentFile(): void {
    const { path } = this.review;
    const revision = this.review.opened.value?.pair?.now.revision ?? WORKTREE;
    this.comments.begin({
      path: path.value,
      side: "new",
      line: 0,
      endLine: 0,
      quote: "",
      revision,
      text: "",
    });
  }
}
