/**
 * What was asked of an open file while it was still on its way: done in its order once the file is there, and not at
 * all where another file was chosen meanwhile. A person who types faster than a file comes loses no key.
 */

import { effect, type ReadonlySignal } from "@preact/signals";

/** Something to be done with the file that is there then. It may open another, for which what follows waits. */
export type Act = () => void | Promise<void>;

export class Turns {
  readonly #there: ReadonlySignal<boolean>;
  #acts: Act[] = [];
  #busy = false;

  /** `there` says whether the file that was chosen last can be acted on. */
  constructor(there: ReadonlySignal<boolean>) {
    this.#there = there;
  }

  /** Does it at once where the file is there and nothing else waits, else in its turn. */
  ask(act: Act): void {
    this.#acts.push(act);
    if (!this.#busy) void this.#work();
  }

  /** Forgets all that waits. */
  drop(): void {
    this.#acts = [];
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#acts.length > 0) {
        if (!this.#there.value) await becomes(this.#there);
        const done = this.#acts.shift()?.();
        if (done) await done;
      }
    } finally {
      this.#busy = false;
      this.#acts = [];
    }
  }
}

function becomes(there: ReadonlySignal<boolean>): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (!there.value) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}
