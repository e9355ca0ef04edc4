/** Keys as text: what was pressed, and which binding a row of presses means. No document here. */

/** The parts of a keyboard event that matter. */
export interface Press {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Returns a press as text: `a`, `?`, `shift+F7`, `mod+k` (Control, or Command on a Mac), `alt+ArrowUp`. */
export function chordOf(press: Press, mac: boolean): string {
  const mods: string[] = [];
  if (mac ? press.metaKey : press.ctrlKey) mods.push("mod");
  if (mac ? press.ctrlKey : press.metaKey) mods.push(mac ? "ctrl" : "meta");
  if (press.altKey) mods.push("alt");
  const single = [...press.key].length === 1;
  if (press.shiftKey && (!single || mods.length > 0)) mods.push("shift");
  const key = press.key === " " ? "Space" : single && mods.length > 0 ? press.key.toLowerCase() : press.key;
  return [...mods, key].join("+");
}

/** Says what a row of presses is: a whole binding, the beginning of one, or nothing. */
export function match(typed: readonly string[], bindings: readonly string[]): "whole" | "part" | "none" {
  const text = typed.join(" ");
  if (bindings.includes(text)) return "whole";
  return bindings.some((keys) => keys.startsWith(`${text} `)) ? "part" : "none";
}

const WORDS: Record<string, string> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  ArrowLeft: "←",
  ArrowRight: "→",
  Enter: "Enter",
  Escape: "Esc",
  shift: "Shift",
  alt: "Alt",
};

/** Returns the caps to draw for a binding, one text a key; keys pressed one after the other are in a row. */
export function caps(keys: string, mac: boolean): string[] {
  const names: Record<string, string> = { ...WORDS, mod: mac ? "⌘" : "Ctrl", ctrl: "Ctrl", meta: "Meta" };
  return keys.split(" ").flatMap((chord) => {
    const parts = chord === "+" ? ["+"] : chord.split("+");
    return parts.map((part) => names[part] ?? part);
  });
}
