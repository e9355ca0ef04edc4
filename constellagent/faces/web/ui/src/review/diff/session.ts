/**
 * One review: which changes there are between two revisions, which file is open, what was viewed, and how all that
 * follows the agent. What is known stays on screen while it is asked for again.
 */

import { batch, computed, signal } from "@preact/signals";
import { type Known, ofAgent, refresh } from "../../api/client";
import type { Query } from "../../api/names";
import { explain, type Problem } from "../../api/problem";
import type { DiffView, FileChange } from "../../api/schema";
import { keep, kept } from "../../shell/kept";
import { build, inOrder } from "../tree/build";
import { filter } from "../tree/filter";
import { type Direction, neighbour } from "./changes";
import { Contents, type Pair } from "./contents";
import { asked, presetOf, type Range, USUAL, WORKTREE } from "./range";
import { isViewed, look, type Marks, marked, markKey, readMarks } from "./viewed";

/** The open file: both sides as far as they are known, or why they are not. */
export interface Opened {
  change: FileChange;
  pair: Pair | null;
  problem: { text: string; hint: string } | null;
}

/** Where in a file to go when it is opened. */
export interface Target {
  side: "old" | "new";
  line: number;
}

export class Review {
  readonly range = signal<Range>(USUAL);
  readonly ignoreSpace = signal(false);
  readonly view = signal<DiffView | null>(null);
  readonly problem = signal<{ text: string; hint: string } | null>(null);
  readonly path = signal("");
  readonly opened = signal<Opened | null>(null);
  readonly typed = signal("");
  readonly marks = signal<Marks>({});
  readonly staged = signal<ReadonlySet<string>>(new Set());
  readonly unstaged = signal<ReadonlySet<string>>(new Set());
  readonly contents: Contents;
  /** Where the open file is to be looked at: the first or last change, or a line. */
  target: Target | Direction = "next";

  readonly tree = computed(() => {
    const keep = filter(this.typed.value);
    const files = this.view.value?.files ?? [];
    return build(files.filter((one) => keep(one.path)).map((item) => ({ path: item.path, item })));
  });
  readonly ordered = computed(() => inOrder(this.tree.value).map((entry) => entry.item));
  readonly position = computed(() => this.ordered.value.findIndex((one) => one.path === this.path.value));

  readonly #address: string;
  readonly #key: string;
  readonly #versions = signal<ReadonlyMap<string, string>>(new Map());
  #known: Known<DiffView> | null = null;
  #asked = "";
  /** The list that comes next is another one, not the same a little later: what is open need not stay open. */
  #fresh = true;
  /** The open path, once it was found in a list. One that never was came with the address: it is not passed over. */
  #listed = "";
  #asking: Promise<void> | null = null;
  #badges: (Known<DiffView> | null)[] = [null, null];

  constructor(
    readonly constellation: string,
    readonly agent: string,
  ) {
    this.contents = new Contents(constellation, agent);
    this.#address = ofAgent(constellation, agent, "diff");
    this.#key = markKey(constellation, agent);
    this.marks.value = readMarks(kept(this.#key));
  }

  /** Asks for the list of changes again, then for the open file. Who asks while that goes on awaits the same. */
  refresh(): Promise<void> {
    const query = asked(this.range.value, this.ignoreSpace.value);
    const key = JSON.stringify(query);
    if (key !== this.#asked) {
      this.#asked = key;
      this.#known = null;
      this.#asking = null;
    }
    this.#asking ??= this.#ask(key, query).finally(() => {
      if (key === this.#asked) this.#asking = null;
    });
    return this.#asking;
  }

  async #ask(key: string, query: Query): Promise<void> {
    this.#early();
    try {
      const found = await refresh<DiffView>(this.#address, query, this.#known);
      if (key !== this.#asked) return;
      this.#take(found);
    } catch (error) {
      if (key === this.#asked) this.#fail(error);
      return;
    }
    await this.reopen();
    await this.#badge();
  }

  /** Asks for the file that will be open while the list is still on its way. */
  #early(): void {
    const path = this.path.value;
    if (this.view.value !== null || path === "" || this.range.value.to !== "" || this.range.value.run !== "")
      return;
    this.contents.get(path, WORKTREE).catch(() => undefined);
  }

  /** Looks between other revisions. */
  async look(range: Range, ignoreSpace: boolean): Promise<void> {
    batch(() => {
      this.range.value = range;
      this.ignoreSpace.value = ignoreSpace;
    });
    this.#fresh = true;
    await this.refresh();
  }

  #take(found: Known<DiffView>): void {
    if (found === this.#known) return;
    this.#known = found;
    batch(() => {
      this.problem.value = null;
      this.view.value = found.value;
      const there = found.value.files.some((one) => one.path === this.path.value);
      const passed = this.path.value === "" || (this.#fresh && this.path.value === this.#listed);
      if (!there && passed) {
        this.path.value = this.ordered.value[0]?.path ?? "";
        this.target = "next";
      }
      this.#fresh = false;
    });
  }

  #fail(error: unknown): void {
    batch(() => {
      this.problem.value = explain(error);
      if ((error as Problem).status !== 0) this.view.value = null;
    });
  }

  /** Opens a file of the list at its first change, its last one, or a line. */
  async open(path: string, target: Target | Direction = "next"): Promise<void> {
    this.target = target;
    this.path.value = path;
    await this.reopen();
    this.#ahead();
  }

  /** Asks for both sides of the open file again. */
  async reopen(): Promise<void> {
    const view = this.view.value;
    const path = this.path.value;
    if (!view) return;
    const listed = view.files.find((one) => one.path === path);
    if (listed) this.#listed = path;
    const change = listed ?? this.#gone(path);
    if (!change) {
      this.opened.value = null;
      return;
    }
    try {
      const pair = await this.contents.pair(view, change, this.range.value.run);
      if (this.path.value !== path || this.view.value !== view) return;
      this.#open({ change, pair, problem: null });
    } catch (error) {
      if (this.path.value !== path || this.view.value !== view) return;
      const before = this.opened.value;
      const pair = before?.change.path === path ? before.pair : null;
      this.opened.value = { change, pair, problem: explain(error) };
    }
  }

  /** The open file may be no change any more: it stays open, with both sides alike. */
  #gone(path: string): FileChange | undefined {
    const before = this.opened.value?.change;
    if (before?.path !== path) return undefined;
    return { ...before, added: 0, removed: 0 };
  }

  #open(next: Opened): void {
    const before = this.opened.value;
    const same =
      before?.change.path === next.change.path &&
      before.problem === null &&
      look(before.change) === look(next.change) &&
      before.pair?.old === next.pair?.old &&
      before.pair?.now === next.pair?.now;
    if (same) return;
    batch(() => {
      this.opened.value = next;
      if (next.pair) this.#remember(next.change.path, versionOf(next.pair));
    });
  }

  #remember(path: string, version: string): void {
    if (this.#versions.value.get(path) === version) return;
    this.#versions.value = new Map([...this.#versions.value, [path, version]]);
  }

  /** Returns the file after (or before) the open one, undefined at the end. */
  beside(direction: Direction): FileChange | undefined {
    return neighbour(this.ordered.value, this.position.value, direction);
  }

  /** Fetches the next file's contents while there is time. */
  #ahead(): void {
    const view = this.view.value;
    const next = this.beside("next");
    if (view && next) this.contents.pair(view, next, this.range.value.run).catch(() => undefined);
  }

  viewed(change: FileChange): boolean {
    return isViewed(this.marks.value, change, this.#versions.value.get(change.path) ?? "");
  }

  /** Marks a file as viewed, for the content that is known of it, or takes the mark away. */
  mark(change: FileChange, on: boolean): void {
    const version = this.#versions.value.get(change.path) ?? "";
    this.marks.value = marked(this.marks.value, change, version, on);
    keep(this.#key, JSON.stringify(this.marks.value));
  }

  /** Looks again at the contents of viewed files: a change may keep its counts and still be another. */
  async check(): Promise<void> {
    const view = this.view.value;
    if (!view) return;
    for (const change of view.files.filter((one) => this.viewed(one)).slice(0, MOST_CHECKED)) {
      const pair = await this.contents.pair(view, change, this.range.value.run).catch(() => null);
      if (this.view.value !== view) return;
      if (pair) this.#remember(change.path, versionOf(pair));
    }
  }

  /** Asks which files are staged and which not, where the files on disk are looked at. */
  async #badge(): Promise<void> {
    const preset = presetOf(this.range.value);
    if (preset !== "base" && preset !== "HEAD") {
      batch(() => {
        this.staged.value = new Set();
        this.unstaged.value = new Set();
      });
      return;
    }
    const [staged, unstaged] = await Promise.all([
      this.#list(0, { against: "HEAD", to: "index", run: "" }),
      this.#list(1, { against: "index", to: "", run: "" }),
    ]).catch(() => [null, null]);
    batch(() => {
      if (staged) this.staged.value = staged;
      if (unstaged) this.unstaged.value = unstaged;
    });
  }

  async #list(index: number, range: Range): Promise<ReadonlySet<string> | null> {
    const before = this.#badges[index] ?? null;
    const found = await refresh<DiffView>(this.#address, asked(range, false), before);
    this.#badges[index] = found;
    return found === before ? null : new Set(found.value.files.map((one) => one.path));
  }
}

const MOST_CHECKED = 50;

function versionOf({ old, now }: Pair): string {
  return `${old.version}:${now.version}`;
}
