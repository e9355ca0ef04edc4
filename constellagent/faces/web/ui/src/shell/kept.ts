/** Small things that a browser keeps for this page; where it keeps nothing, they last until it is closed. */

const PREFIX = "constellagent.";
const fallback = new Map<string, string>();

/** Returns what was kept, null where nothing was. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return fallback.get(key) ?? null;
  }
}

/** Keeps a text. */
export function keep(key: string, text: string): void {
  try {
    localStorage.setItem(PREFIX + key, text);
  } catch {
    fallback.set(key, text);
  }
}
