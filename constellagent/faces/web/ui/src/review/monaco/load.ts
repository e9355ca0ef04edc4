/** Loads the editor when something first needs it, once, and its worker beside it. */

import { readyWorker } from "./worker";

export type Monaco = typeof import("./index");

let loading: Promise<Monaco> | undefined;

/** Returns the editor's module; a load that failed (the daemon was away) is tried again by the next caller. */
export function loadMonaco(): Promise<Monaco> {
  loading ??= load().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

function load(): Promise<Monaco> {
  readyWorker();
  return import("./index");
}
