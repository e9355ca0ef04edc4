/**
 * What is changed in one agent's worktree and not committed yet: what is staged, what is not, the hunks of the change
 * that is looked at, and what is done with them. Whatever was done, all of it is looked at again.
 */

import { batch, computed, signal } from "@preact/signals";
import { all, type Known, ofAgent, post, refresh } from "../../api/client";
import type { CommitView, ContentView, DiffView, DoneView, FactsView, HunkView } from "../../api/schema";
import { ask, say, sayProblem } from "../../shell/talk";
import { INDEX, WORKTREE } from "../diff/range";
import { shown } from "../tree/names";
import { type Rescue, rescueOf } from "./rescue";
import { type Chosen, discarding, listed, type Part, type Parts, still } from "./words";

/** The change that is looked at: its hunks, and the file's content on the newer side. */
export interface Looked {
  chosen: Chosen;
  hunks: readonly HunkView[];
  content: ContentView | null;
}

/** What an action is about: all, some files, or hunks of one file. */
export type Selection = { all: true } | { paths: string[] } | { path: string; hunks: string[] };

const MOST_HUNKS = 5000;

export class Changes {
  readonly facts = signal<FactsView | null>(null);
  readonly problem = signal<unknown>(null);
  readonly chosen = signal<Chosen | null>(null);
  readonly looked = signal<Looked | null>(null);
  readonly hunkProblem = signal<unknown>(null);
  /** Whether something is being done: one thing at a time. */
  readonly busy = signal(false);
  readonly rescues = signal<readonly Rescue[]>([]);
  readonly #staged = signal<DiffView | null>(null);
  readonly #unstaged = signal<DiffView | null>(null);
  readonly parts = computed<Parts>(() => ({
    staged: listed(this.#staged.value),
    unstaged: listed(this.#unstaged.value),
  }));
  readonly truncated = computed(
    () => (this.#staged.value?.truncated ?? false) || (this.#unstaged.value?.truncated ?? false),
  );
  /** Whether both lists are known. */
  readonly ready = computed(() => this.#staged.value !== null && this.#unstaged.value !== null);
  /** The change that is looked at, as it is listed. */
  readonly change = computed(() => {
    const chosen = this.chosen.value;
    return chosen ? this.parts.value[chosen.part].find((one) => one.path === chosen.path) : undefined;
  });

  #known: [Known<DiffView> | null, Known<DiffView> | null, Known<FactsView> | null] = [null, null, null];
  #content: { key: string; known: Known<ContentView> } | null = null;
  #asked = 0;

  constructor(
    readonly constellation: string,
    readonly agent: string,
  ) {}

  #of(...parts: string[]): string {
    return ofAgent(this.constellation, this.agent, ...parts);
  }

  /** Looks at everything again. */
  async refresh(): Promise<void> {
    try {
      const [staged, unstaged, facts] = await Promise.all([
        refresh<DiffView>(this.#of("diff"), { against: "HEAD", to: INDEX }, this.#known[0]),
        refresh<DiffView>(this.#of("diff"), { against: INDEX }, this.#known[1]),
        refresh<FactsView>(this.#of("facts"), {}, this.#known[2]),
      ]);
      this.#known = [staged, unstaged, facts];
      this.#take(staged.value, unstaged.value, facts.value);
    } catch (error) {
      this.problem.value = error;
      return;
    }
    await this.look();
  }

  #take(staged: DiffView, unstaged: DiffView, facts: FactsView): void {
    batch(() => {
      const before = this.parts.value;
      this.#staged.value = staged;
      this.#unstaged.value = unstaged;
      this.facts.value = facts;
      this.problem.value = null;
      const next = still(this.chosen.value, this.parts.value, before);
      if (next?.part !== this.chosen.value?.part || next?.path !== this.chosen.value?.path)
        this.#choose(next);
    });
  }

  #choose(chosen: Chosen | null): void {
    batch(() => {
      this.chosen.value = chosen;
      this.hunkProblem.value = null;
    });
  }

  /** Looks at another change. */
  async choose(part: Part, path: string): Promise<void> {
    const before = this.chosen.value;
    if (before?.part === part && before.path === path) return;
    this.#choose({ part, path });
    await this.look();
  }

  /** Looks at the hunks of the chosen change again. */
  async look(): Promise<void> {
    const chosen = this.chosen.value;
    this.#asked += 1;
    const mine = this.#asked;
    if (!chosen) {
      this.looked.value = null;
      return;
    }
    const staged = chosen.part === "staged";
    try {
      const [hunks, content] = await Promise.all([
        all<HunkView>(this.#of("hunks"), { path: chosen.path, staged }, MOST_HUNKS),
        this.#read(chosen.path, staged ? INDEX : WORKTREE),
      ]);
      if (mine !== this.#asked) return;
      batch(() => {
        this.hunkProblem.value = null;
        this.#show({ chosen, hunks, content });
      });
    } catch (error) {
      if (mine === this.#asked) this.hunkProblem.value = error;
    }
  }

  /** What is on screen stays as it is while it is the same: the focus and the place in it too. */
  #show(next: Looked): void {
    const before = this.looked.value;
    const same =
      before?.chosen.part === next.chosen.part &&
      before.chosen.path === next.chosen.path &&
      before.content === next.content &&
      before.hunks.length === next.hunks.length &&
      before.hunks.every((hunk, index) => hunk.id === next.hunks[index]?.id);
    if (!same) this.looked.value = next;
  }

  /** What is around hunks only helps to read them: without it they stand alone. */
  async #read(path: string, revision: string): Promise<ContentView | null> {
    const key = `${revision}:${path}`;
    const before = this.#content?.key === key ? this.#content.known : null;
    const known = await refresh<ContentView>(this.#of("content"), { path, revision }, before).catch(
      () => null,
    );
    if (known) this.#content = { key, known };
    return known?.value ?? null;
  }

  async stage(selection: Selection = { all: true }): Promise<void> {
    await this.#act("stage", selection);
  }

  async unstage(selection: Selection = { all: true }): Promise<void> {
    await this.#act("unstage", selection);
  }

  /** Throws changes of files away, after asking. */
  async discard(paths: readonly string[]): Promise<void> {
    const files = this.parts.value.unstaged.filter((one) => paths.includes(one.path));
    if (files.length === 0) return;
    const lines = files.length > 1 ? files.map((one) => shown(one.path)) : [];
    if (await ask({ ...discarding(files), lines, danger: true }))
      await this.#act("discard", { paths: [...paths] });
  }

  /** Throws hunks away, after asking. */
  async discardHunks(path: string, hunks: readonly HunkView[]): Promise<void> {
    const yes = await ask({
      title: hunks.length === 1 ? "Discard this hunk?" : `Discard ${hunks.length} hunks?`,
      text: `These lines of ${shown(path)} go back to what is staged or committed. The file as it is now is kept in a rescue ref first.`,
      lines: hunks.flatMap((hunk) => hunk.lines).slice(0, 60),
      yes: "Discard",
      danger: true,
    });
    if (yes) await this.#act("discard", { path, hunks: hunks.map((hunk) => hunk.id) });
  }

  async #act(what: "stage" | "unstage" | "discard", selection: Selection): Promise<void> {
    await this.#once(async () => {
      const done = await post<DoneView>(this.#of(what), selection);
      const rescue = rescueOf(done);
      if (rescue) this.rescues.value = [rescue, ...this.rescues.value];
      else if (what === "discard") say(done.done[0] ?? "done", "done");
    });
  }

  /** Commits what is staged, or everything. Says whether that worked. */
  async commit(message: string, author: "agent" | "person", everything: boolean): Promise<boolean> {
    return await this.#once(async () => {
      const made = await post<CommitView>(this.#of("commit"), { message, author, all: everything });
      say(
        `committed ${made.commit.slice(0, 10)} ${made.subject}`,
        "done",
        `as ${made.author} <${made.email}>`,
      );
    });
  }

  /** Pushes the branch, after asking: others see it then. */
  async push(remote: string): Promise<void> {
    const facts = this.facts.value;
    if (!facts) return;
    const yes = await ask({
      title: `Push ${facts.branch}?`,
      text: `Its commits go to ${remote || facts.upstream}, where others see them. Nothing there is overwritten.`,
      yes: "Push",
    });
    if (!yes) return;
    await this.#once(async () => {
      const done = await post<DoneView>(this.#of("push"), remote === "" ? {} : { remote });
      say(done.done[0] ?? "pushed", "done", done.done.slice(1).join("\n"));
    });
  }

  async #once(what: () => Promise<void>): Promise<boolean> {
    if (this.busy.value) return false;
    this.busy.value = true;
    try {
      await what();
      return true;
    } catch (error) {
      sayProblem(error);
      return false;
    } finally {
      this.busy.value = false;
      await this.refresh();
    }
  }
}
