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

/** Starts the worker that compares texts. */
export function startWorker(): Worker {
  const url = new URL(address, import.meta.url).href;
  return new Worker(policy?.createScriptURL(url) ?? url, { type: "module", name: "editor" });
}
