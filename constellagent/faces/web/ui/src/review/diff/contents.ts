/**
 * Contents of files at revisions: a commit's are asked for once, those of the worktree and the index again each
 * time, with a validator. The next file's are fetched ahead.
 */

import { type Known, ofAgent, refresh } from "../../api/client";
import type { Query } from "../../api/names";
import type { ContentView, DiffView, FileChange } from "../../api/schema";
import { absent, isFixed, revisions, sides, WORKTREE } from "./range";

/** The two sides of a changed file. */
export interface Pair {
  old: ContentView;
  now: ContentView;
}

const MOST = 80;

/** Milliseconds for which an answer counts as that of now: two parts of the page that ask at once ask once. */
const NOW = 300;

interface Asked {
  answer: Promise<Known<ContentView>>;
  /** When the answer came; Infinity while it is awaited. */
  at: number;
}

export class Contents {
  readonly #known = new Map<string, Asked>();
  readonly #address: string;
  /** Counts what was forgotten: an answer that was asked for before is of no use after. */
  #forgotten = 0;

  constructor(constellation: string, agent: string) {
    this.#address = ofAgent(constellation, agent, "content");
  }

  /** Returns both sides of a change, as they are now; of a run where the list is that of one. */
  async pair(view: DiffView, change: FileChange, run = ""): Promise<Pair> {
    const at = revisions(view);
    const has = sides(change);
    const oldPath = change.old_path ?? change.path;
    for (;;) {
      const before = this.#forgotten;
      const [old, now] = await Promise.all([
        has.old ? this.get(oldPath, at.old, run) : absent(oldPath, at.old),
        has.now ? this.get(change.path, at.now, run) : absent(change.path, at.now),
      ]);
      if (before === this.#forgotten) return { old, now };
    }
  }

  /** Returns a file at a revision, of the agent or of a run, asking again where that may have changed. */
  async get(path: string, revision: string, run = ""): Promise<ContentView> {
    const key = `${run}:${revision}:${path}`;
    for (;;) {
      const count = this.#forgotten;
      const before = this.#known.get(key);
      const fresh = before && (isFixed(revision) || performance.now() - before.at < NOW);
      const query = { path, revision, run: run || undefined };
      const asked = fresh ? before : this.#ask(key, query, before);
      const { value } = await asked.answer;
      if (count === this.#forgotten || isFixed(revision)) return value;
    }
  }

  /** Forgets a file as it is on disk, because it was just written: even who asked before gets it as it is now. */
  forget(path: string): void {
    this.#forgotten += 1;
    this.#known.delete(`:${WORKTREE}:${path}`);
  }

  #ask(key: string, query: Query, before: Asked | undefined): Asked {
    const asked: Asked = { answer: this.#read(query, before), at: Number.POSITIVE_INFINITY };
    this.#known.delete(key);
    this.#known.set(key, asked);
    asked.answer.then(
      () => {
        asked.at = performance.now();
      },
      () => {
        if (this.#known.get(key) === asked) this.#known.delete(key);
      },
    );
    this.#trim();
    return asked;
  }

  async #read(query: Query, before: Asked | undefined): Promise<Known<ContentView>> {
    const known = await before?.answer.catch(() => null);
    return await refresh<ContentView>(this.#address, query, known ?? null);
  }

  #trim(): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= MOST) return;
      this.#known.delete(key);
    }
  }
}
