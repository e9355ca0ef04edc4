/**
 * Contents of files at revisions: a commit's are asked for once, those of the worktree and the index again each
 * time, with a validator. The next file's are fetched ahead.
 */

import { type Known, ofAgent, refresh } from "../../api/client";
import type { ContentView, DiffView, FileChange } from "../../api/schema";
import { absent, isFixed, revisions, sides } from "./range";

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

  constructor(constellation: string, agent: string) {
    this.#address = ofAgent(constellation, agent, "content");
  }

  /** Returns both sides of a change, as they are now. */
  async pair(view: DiffView, change: FileChange): Promise<Pair> {
    const at = revisions(view);
    const has = sides(change);
    const oldPath = change.old_path ?? change.path;
    const [old, now] = await Promise.all([
      has.old ? this.get(oldPath, at.old) : absent(oldPath, at.old),
      has.now ? this.get(change.path, at.now) : absent(change.path, at.now),
    ]);
    return { old, now };
  }

  /** Returns a file at a revision, asking again where that may have changed. */
  async get(path: string, revision: string): Promise<ContentView> {
    const key = `${revision}:${path}`;
    const before = this.#known.get(key);
    const fresh = before && (isFixed(revision) || performance.now() - before.at < NOW);
    const asked = fresh ? before : this.#ask(key, path, revision, before);
    return (await asked.answer).value;
  }

  #ask(key: string, path: string, revision: string, before: Asked | undefined): Asked {
    const asked: Asked = { answer: this.#read(path, revision, before), at: Number.POSITIVE_INFINITY };
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

  async #read(path: string, revision: string, before: Asked | undefined): Promise<Known<ContentView>> {
    const known = await before?.answer.catch(() => null);
    return await refresh<ContentView>(this.#address, { path, revision }, known ?? null);
  }

  #trim(): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= MOST) return;
      this.#known.delete(key);
    }
  }
}
