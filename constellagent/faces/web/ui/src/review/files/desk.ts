/**
 * The files of one agent's worktree: which there are, which is open, and how what was typed stands to the file on
 * disk. Nothing that was typed is lost unasked, and nothing on disk is overwritten unseen.
 */

import { batch, computed, signal } from "@preact/signals";
import { type Known, ofAgent, put, refresh, remove } from "../../api/client";
import { explain, Problem } from "../../api/problem";
import type { ContentView, DiffView, DoneView, FileChange, FilesView, SavedView } from "../../api/schema";
import { keep, kept } from "../../shell/kept";
import { ask, say, sayProblem } from "../../shell/talk";
import { mayAct } from "../../shell/who";
import { type Rescue, rescueOf } from "../changes/rescue";
import { locked } from "../diff/describe";
import { absent, WORKTREE } from "../diff/range";
import { type Standing, save, standing } from "../diff/saving";
import { build } from "../tree/build";
import { filter } from "../tree/filter";
import { shown } from "../tree/names";
import type { FilePane } from "./pane";
import { readRecent, recently } from "./words";

/** A file of the tree, with what was changed in it since the last commit. */
export interface Item {
  change: FileChange | undefined;
}

/** Milliseconds from which on a comparison is slow, and how many times as long the page rests after a slow one. */
const SLOW = 1000;
const REST = 10;

export class FilesDesk {
  readonly files = signal<FilesView | null>(null);
  readonly problem = signal<unknown>(null);
  readonly typed = signal("");
  /** What is open: a path, empty for none, and the revision of it that is looked at. */
  readonly path = signal("");
  readonly revision = signal(WORKTREE);
  readonly content = signal<ContentView | null>(null);
  readonly fileProblem = signal<unknown>(null);
  readonly pane = signal<FilePane | null>(null);
  readonly standing = signal<Standing>("same");
  readonly comparing = signal(false);
  readonly saving = signal(false);
  readonly rescues = signal<readonly Rescue[]>([]);
  readonly recent = signal<readonly string[]>([]);

  readonly #changes = signal<ReadonlyMap<string, FileChange>>(new Map());
  readonly tree = computed(() => {
    const wanted = filter(this.typed.value);
    const changes = this.#changes.value;
    const entries = [];
    for (const path of this.files.value?.files ?? []) {
      if (wanted(path)) entries.push({ path, item: { change: changes.get(path) } });
    }
    return build<Item>(entries);
  });
  readonly change = computed(() => this.#changes.value.get(this.path.value));

  readonly #recentKey: string;
  #list: Known<FilesView> | null = null;
  #diff: Known<DiffView> | null = null;
  #known: Known<ContentView> | null = null;
  /** Before when what is changed is not asked for again, in milliseconds of the page's clock. */
  #notBefore = 0;
  /** Counts what was asked of the open file: an answer that is older than a save or another file counts no more. */
  #asked = 0;
  /** What the text in the editor was made from, and what the file was at the last look. */
  #base: ContentView | null = null;
  #latest: ContentView | null = null;
  #line: number | undefined;

  constructor(
    readonly constellation: string,
    readonly agent: string,
  ) {
    this.#recentKey = `files.recent.${constellation}.${agent}`;
    this.recent.value = readRecent(kept(this.#recentKey));
  }

  get dirty(): boolean {
    return this.pane.value?.dirty.value ?? false;
  }

  /** Says what would be lost by leaving, null where nothing would. */
  losing(): string | null {
    return this.dirty ? `${shown(this.path.value)} was changed here and is not saved.` : null;
  }

  /** Returns why the open file cannot be edited, empty where it can. */
  lock(): string {
    const content = this.content.value;
    if (!mayAct.value) return "this browser may only look";
    if (this.revision.value !== WORKTREE) return "this is another revision than the files on disk";
    return content ? locked(content) : "";
  }

  #of(...parts: string[]): string {
    return ofAgent(this.constellation, this.agent, ...parts);
  }

  /** Asks again which files there are and what is changed in them. */
  async list(): Promise<void> {
    try {
      const found = await refresh<FilesView>(this.#of("files"), {}, this.#list);
      if (found !== this.#list) this.files.value = found.value;
      this.#list = found;
      this.problem.value = null;
    } catch (error) {
      this.problem.value = error;
      return;
    }
    await this.#compare();
  }

  /** Looks what is changed, which only colours the list: where that takes long, it is asked for rarely. */
  async #compare(): Promise<void> {
    const began = performance.now();
    if (began < this.#notBefore) return;
    const diff = await refresh<DiffView>(this.#of("diff"), { against: "HEAD" }, this.#diff).catch(() => null);
    const took = performance.now() - began;
    this.#notBefore = took < SLOW ? 0 : performance.now() + REST * took;
    if (diff === null || diff === this.#diff) return;
    this.#diff = diff;
    this.#changes.value = new Map(diff.value.files.map((one) => [one.path, one]));
  }

  /** Opens a file, after asking where something typed would be lost. Says whether it did. */
  async open(path: string, revision = WORKTREE, line?: number): Promise<boolean> {
    if (path === this.path.value && revision === this.revision.value) {
      if (line !== undefined) this.pane.value?.reveal(line);
      return true;
    }
    if (this.dirty && !(await this.mayLeave())) return false;
    this.#known = null;
    this.#line = line;
    batch(() => {
      this.path.value = path;
      this.revision.value = revision;
      this.content.value = null;
      this.fileProblem.value = null;
      this.standing.value = "same";
      this.comparing.value = false;
    });
    this.#base = null;
    if (path !== "") await this.look();
    return true;
  }

  /** Asks whether what was typed may be lost, where something was. */
  async mayLeave(): Promise<boolean> {
    const text = this.losing();
    if (text === null) return true;
    const yes = await ask({ title: "Unsaved changes", text, yes: "Discard them", danger: true });
    if (yes) this.pane.value?.settle();
    return yes;
  }

  /** Looks at the open file again. */
  async look(): Promise<void> {
    const path = this.path.value;
    if (path === "") return;
    this.#asked += 1;
    const mine = this.#asked;
    const query = { path, revision: this.revision.value };
    try {
      const found = await refresh<ContentView>(this.#of("content"), query, this.#known);
      if (mine !== this.#asked) return;
      this.#known = found;
      this.#take(found.value);
    } catch (error) {
      if (mine === this.#asked) this.fileProblem.value = error;
    }
  }

  #take(now: ContentView): void {
    this.fileProblem.value = null;
    const base = this.#base;
    const known = this.#latest;
    this.#latest = now;
    if (base === null) {
      this.#base = now;
      this.content.value = now;
      if (now.kind !== "absent") this.#remember(now.path);
      this.fill();
      return;
    }
    const next = standing({ base, dirty: this.dirty }, now);
    if (next === "same") {
      if (this.standing.value === "changed") this.standing.value = "same";
    } else if (next === "follow") this.#follow(base, now);
    else if (known?.version !== now.version && this.standing.value !== "conflict")
      this.standing.value = "changed";
  }

  #follow(base: ContentView, now: ContentView): void {
    this.#base = now;
    this.content.value = now;
    this.standing.value = "same";
    if (base.kind === "text" && now.kind === "text") {
      this.pane.value?.follow(now.text ?? "");
      this.pane.value?.readOnly(this.lock() !== "");
    } else this.fill();
  }

  /** Puts the open text into the editor. */
  fill(): void {
    const content = this.content.value;
    const pane = this.pane.value;
    if (!pane || content?.kind !== "text") return;
    pane.show(content.path, content.text ?? "", this.lock() !== "", this.#line);
    this.#line = undefined;
  }

  #remember(path: string): void {
    this.recent.value = recently(this.recent.value, path);
    keep(this.#recentKey, JSON.stringify(this.recent.value));
  }

  /** Saves what was typed, if the file is still what that was made from. */
  async save(): Promise<void> {
    const pane = this.pane.value;
    const base = this.#base;
    if (!pane || !base || !pane.dirty.value || this.saving.value || this.lock() !== "") return;
    this.saving.value = true;
    const text = pane.text();
    try {
      const saved = await put<SavedView>(this.#of("content"), save(base, text));
      this.#stored(pane, base, text, saved);
      say(`saved ${shown(base.path)}`, "done");
      await this.list();
    } catch (error) {
      if (error instanceof Problem && error.status === 409) await this.#refused(error);
      else sayProblem(error);
    } finally {
      this.saving.value = false;
    }
  }

  #stored(pane: FilePane, base: ContentView, text: string, saved: SavedView): void {
    this.#asked += 1;
    this.#known = null;
    if (this.#base?.path !== base.path) return;
    const now: ContentView = { ...base, kind: "text", text, version: saved.version, size: saved.size };
    this.#base = now;
    this.#latest = now;
    if (pane.text() === text) pane.settle();
    batch(() => {
      this.content.value = now;
      this.standing.value = "same";
      this.#endCompare();
    });
  }

  async #refused(error: Problem): Promise<void> {
    const query = { path: this.path.value, revision: WORKTREE };
    try {
      const found = await refresh<ContentView>(this.#of("content"), query, null);
      this.#latest = found.value;
      this.standing.value = "conflict";
    } catch (other) {
      say(error.message, "error", explain(other).text);
    }
  }

  /** Shows the file on disk beside what was typed. */
  compare(): void {
    this.pane.value?.compare(this.#latest?.text ?? "");
    this.comparing.value = true;
    requestAnimationFrame(() => this.pane.value?.focus());
  }

  #endCompare(): void {
    this.comparing.value = false;
    this.pane.value?.compare(null);
  }

  /** Goes on with what was typed; saving it is refused until it was compared. */
  keepMine(): void {
    this.standing.value = "same";
    this.#endCompare();
    this.pane.value?.focus();
  }

  /** Shows the file on disk in the place of what was typed. */
  takeTheirs(): void {
    const latest = this.#latest;
    const base = this.#base;
    if (!latest || !base) return;
    this.#endCompare();
    this.pane.value?.settle();
    this.#follow(base, latest);
    this.pane.value?.focus();
  }

  /** Saves what was typed over the file on disk that was seen: refused again if it changed once more. */
  async overwrite(): Promise<void> {
    const latest = this.#latest;
    const base = this.#base;
    if (!latest || !base) return;
    if (latest.kind !== "text" && latest.kind !== "absent") {
      say("the file on disk is no text any more", "error", "copy what you typed, then show theirs");
      return;
    }
    const stored = latest.kind === "absent" ? { encoding: base.encoding, eol: base.eol } : {};
    this.#base = { ...latest, ...stored };
    await this.save();
    this.pane.value?.focus();
  }

  /** Makes an empty file and opens it. Returns what went wrong, null where nothing did. */
  async make(path: string): Promise<unknown> {
    try {
      await put<SavedView>(this.#of("content"), save(absent(path, WORKTREE), ""));
    } catch (error) {
      return error;
    }
    say(`made ${shown(path)}`, "done");
    await this.list();
    if (path === this.path.value) {
      this.#base = null;
      this.#known = null;
      await this.look();
    } else await this.open(path);
    return null;
  }

  /** Deletes the open file after asking; a rescue is kept. */
  async delete(): Promise<void> {
    const content = this.#latest;
    if (!content || content.path !== this.path.value || content.kind === "absent" || !mayAct.value) return;
    const yes = await ask({
      title: `Delete ${shown(content.path)}?`,
      text: "The file is removed from the worktree. A copy is kept in a rescue ref first.",
      yes: "Delete",
      danger: true,
    });
    if (!yes) return;
    try {
      const done = await remove<DoneView>(this.#of("content"), {
        path: content.path,
        version: content.version,
      });
      this.pane.value?.settle();
      const rescue = rescueOf(done);
      if (rescue) this.rescues.value = [rescue, ...this.rescues.value];
      else say(done.done[0] ?? `deleted ${shown(content.path)}`, "done");
      await Promise.all([this.list(), this.look()]);
    } catch (error) {
      sayProblem(error);
      await this.look();
    }
  }
}
