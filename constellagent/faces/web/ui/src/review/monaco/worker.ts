/**
 * Where the editor's worker comes from: a file of this page, let through by a policy of its own, so that neither a
 * blob nor a loosened content security policy is needed. Without the worker diffs would run on the page's thread.
 */

import address from "monaco-editor/editor/editor.worker.js?worker&url";

/** The part of the browser's trusted types that is used; not every browser has them. */
interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

declare global {
  interface Window {
    readonly trustedTypes?: Policies;
  }
}

const policy = window.trustedTypes?.createPolicy("page-worker", { createScriptURL: own });

function own(url: string): string {
  if (new URL(url).origin !== window.location.origin)
    throw new TypeError("workers come from this page alone");
  return url;
}

let waiting: Worker | null = null;

/** Starts the worker that compares texts, so that it is there when the editor is. */
export function readyWorker(): void {
  if (waiting !== null) return;
  const worker = start();
  waiting = worker;
  worker.addEventListener("error", () => {
    if (waiting === worker) waiting = null;
  });
}

/** Returns the worker that was made ready, else a new one. */
export function takeWorker(): Worker {
  const worker = waiting ?? start();
  waiting = null;
  return worker;
}

function start(): Worker {
  const url = new URL(address, import.meta.url).href;
  return new Worker(policy?.createScriptURL(url) ?? url, { type: "module", name: "editor" });
}
