/** The comments on one agent's work, as the daemon keeps them, and the drafts that only this page has yet. */

import { computed, signal } from "@preact/signals";
import { type Known, ofAgent, type Page, patch, post, refresh, remove } from "../../api/client";
import { explain } from "../../api/problem";
import type { CommentView, SentView } from "../../api/schema";
import { perPath, tally } from "./anchors";

/** A comment that is being written: where it goes and what it says so far. */
export interface Draft {
  path: string;
  side: "old" | "new";
  line: number;
  endLine: number;
  quote: string;
  revision: string;
  text: string;
}

/** How a batch went, or why it could not even be tried. */
export type Outcome = { kind: "sent"; view: SentView } | { kind: "failed"; text: string; hint: string };

export class Comments {
  readonly list = signal<CommentView[]>([]);
  readonly problem = signal("");
  readonly drafts = signal<readonly Draft[]>([]);
  readonly sending = signal(false);
  readonly outcome = signal<Outcome | null>(null);
  readonly counts = computed(() => tally(this.list.value));
  readonly paths = computed(() => perPath(this.list.value));
  readonly #address: string;
  #known: Known<Page<CommentView>> | null = null;

  constructor(constellation: string, agent: string) {
    this.#address = ofAgent(constellation, agent, "comments");
  }

  /** Reads all comments again; what is known stays where that fails. */
  async refresh(): Promise<void> {
    try {
      const found = await refresh<Page<CommentView>>(this.#address, {}, this.#known);
      this.problem.value = "";
      if (found === this.#known) return;
      this.#known = found;
      this.list.value = found.value.data;
    } catch (error) {
      this.problem.value = explain(error).text;
    }
  }

  /** Adds a comment of a draft, which is gone then. */
  async add(draft: Draft): Promise<void> {
    const { path, side, line, endLine, quote, revision, text } = draft;
    const body = { path, side, line, end_line: endLine, quote, revision, text };
    this.#put(await post<CommentView>(this.#address, body));
    this.drop(draft);
  }

  async edit(id: string, text: string): Promise<void> {
    this.#put(await patch<CommentView>(this.#of(id), { text }));
  }

  async mark(id: string, state: "open" | "resolved"): Promise<void> {
    this.#put(await patch<CommentView>(this.#of(id), { state }));
  }

  async remove(id: string): Promise<void> {
    await remove(this.#of(id));
    this.#known = null;
    this.list.value = this.list.value.filter((one) => one.id !== id);
  }

  /** Sends comments to the agent, all open ones without `ids`; `outcome` says how it went. */
  async send(text: string, ids?: string[]): Promise<void> {
    this.sending.value = true;
    this.outcome.value = null;
    try {
      const body = { ...(text === "" ? {} : { text }), ...(ids ? { ids } : {}) };
      const view = await post<SentView>(`${this.#address}/send`, body);
      this.outcome.value = { kind: "sent", view };
    } catch (error) {
      this.outcome.value = { kind: "failed", ...explain(error) };
    } finally {
      this.sending.value = false;
      await this.refresh();
    }
  }

  /** Begins a comment, or goes on with the one that was begun at the same place. */
  begin(draft: Draft): void {
    const there = this.drafts.value.find((one) => samePlace(one, draft));
    if (!there) this.drafts.value = [...this.drafts.value, draft];
  }

  /** Keeps what was typed, without telling anybody: boxes show what is typed in them. */
  type(draft: Draft, text: string): void {
    const there = this.drafts.value.find((one) => samePlace(one, draft));
    if (there) there.text = text;
  }

  drop(draft: Draft): void {
    this.drafts.value = this.drafts.value.filter((one) => !samePlace(one, draft));
  }

  /** Says whether something was typed that is not added yet. */
  get unsaved(): boolean {
    return this.drafts.value.some((one) => one.text.trim() !== "");
  }

  #of(id: string): string {
    return `${this.#address}/${encodeURIComponent(id)}`;
  }

  #put(comment: CommentView): void {
    this.#known = null;
    const others = this.list.value.filter((one) => one.id !== comment.id);
    this.list.value = [...others, comment];
  }
}

function samePlace(one: Draft, other: Draft): boolean {
  return (
    one.path === other.path &&
    one.side === other.side &&
    one.line === other.line &&
    one.endLine === other.endLine
  );
}
