/** The commits of one agent's branch, page by page, newest first, and how the list follows the branch. */

import { batch, signal } from "@preact/signals";
import { get, type Known, ofAgent, type Page, refresh } from "../../api/client";
import type { CommitView, FactsView } from "../../api/schema";
import { joined } from "./pick";

const PAGE = 50;

export class Commits {
  readonly list = signal<readonly CommitView[] | null>(null);
  readonly problem = signal<unknown>(null);
  /** Whether the list goes on behind where the branch left its base. */
  readonly behind = signal(false);
  /** From where there is more, empty at the end. */
  readonly next = signal("");
  readonly loading = signal(false);
  /** Where the worktree stands, null while that is not known. */
  readonly facts = signal<FactsView | null>(null);

  readonly #address: string;
  readonly #standing: string;
  #first: Known<Page<CommitView>> | null = null;
  #facts: Known<FactsView> | null = null;
  #asked = 0;

  constructor(constellation: string, agent: string) {
    this.#address = ofAgent(constellation, agent, "commits");
    this.#standing = ofAgent(constellation, agent, "facts");
  }

  #query(): { limit: number; all: boolean | undefined } {
    return { limit: PAGE, all: this.behind.value || undefined };
  }

  /** Looks at the newest ones again; where the branch moved, the list begins anew. */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const mine = this.#asked;
    try {
      const first = await refresh<Page<CommitView>>(this.#address, this.#query(), this.#first);
      if (first.value.data.length === 0) await this.#look();
      if (mine !== this.#asked) return;
      const same = this.#first !== null && sameCommits(this.#first.value.data, first.value.data);
      this.#first = first;
      batch(() => {
        this.problem.value = null;
        if (same && this.list.value)
          this.list.value = [...first.value.data, ...this.list.value.slice(first.value.data.length)];
        else {
          this.list.value = first.value.data;
          this.next.value = first.value.next;
        }
      });
    } catch (error) {
      if (mine === this.#asked) this.problem.value = error;
    }
  }

  /** Looks why the branch has no commit to list. A look that fails says nothing of the list. */
  async #look(): Promise<void> {
    try {
      this.#facts = await refresh<FactsView>(this.#standing, {}, this.#facts);
      this.facts.value = this.#facts.value;
    } catch {
      this.facts.value = null;
    }
  }

  /** Reads the next page. */
  async more(): Promise<void> {
    const cursor = this.next.value;
    if (cursor === "" || this.loading.value) return;
    this.loading.value = true;
    const mine = this.#asked;
    try {
      const page = await get<Page<CommitView>>(this.#address, { ...this.#query(), cursor });
      if (mine !== this.#asked && this.next.value !== cursor) return;
      batch(() => {
        this.list.value = joined(this.list.value ?? [], page.data);
        this.next.value = page.next;
      });
    } catch (error) {
      this.problem.value = error;
    } finally {
      this.loading.value = false;
    }
  }

  /** Lists also what is behind the base, or only the branch's own. */
  async reach(behind: boolean): Promise<void> {
    this.behind.value = behind;
    this.#first = null;
    await this.refresh();
  }
}

function sameCommits(one: readonly CommitView[], other: readonly CommitView[]): boolean {
  return one.length === other.length && one.every((commit, index) => commit.commit === other[index]?.commit);
}
