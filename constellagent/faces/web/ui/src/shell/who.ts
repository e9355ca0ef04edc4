/** Who looks at this page: what the daemon knows of this browser, and what it may therefore do. */

import { computed, signal } from "@preact/signals";
import { get, post } from "../api/client";
import { Problem } from "../api/problem";
import type { LoginView, MeView } from "../api/schema";
import { estrange, startLive } from "../live/live";
import { keepSecret } from "../login/secret";

/** How far the page knows who looks: not yet, nobody it knows, or somebody. */
export const who = signal<MeView | "asking" | "stranger">("asking");
/** What went wrong when the page asked, where it could not even be told. */
export const whoProblem = signal<unknown>(null);

/** Whether this browser may change anything. */
export const mayAct = computed(() => typeof who.value === "object" && who.value.scope === "admin");

/** Takes a one-time code out of an address: the code and where to go, null where the address has none. */
export function codeIn(hash: string): { code: string; to: string } | null {
  const found = new URLSearchParams(hash.replace(/^#\/?\??/, ""));
  const code = found.get("code");
  if (!code) return null;
  const to = found.get("go") ?? "";
  return { code, to: to.startsWith("#/") ? to : to.startsWith("/") ? `#${to}` : "#/" };
}

/** Finds out who looks, with a one-time code where there is one. */
export async function meet(code: string | null): Promise<void> {
  whoProblem.value = null;
  try {
    if (code !== null) keepSecret((await post<LoginView>("/login", { code })).page);
  } catch (error) {
    whoProblem.value = error;
  }
  try {
    who.value = await get<MeView>("/me");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) who.value = "stranger";
    else whoProblem.value = error;
  }
}

/** Forgets this browser. */
export async function leave(): Promise<void> {
  // The daemon ends what a login held open, which must not look like a broken connection.
  estrange();
  try {
    await post("/logout");
    keepSecret("");
    who.value = "stranger";
  } catch (error) {
    startLive();
    throw error;
  }
}
