/** Keys that a phone's keyboard does not have, in a row under the terminal. */

import { useState } from "preact/hooks";
import { withControl } from "./protocol";

const KEYS: readonly { label: string; name: string; sends: string }[] = [
  { label: "Esc", name: "Escape", sends: "\x1b" },
  { label: "Tab", name: "Tab", sends: "\t" },
  { label: "⇧Tab", name: "Shift and Tab", sends: "\x1b[Z" },
  { label: "↑", name: "Up", sends: "\x1b[A" },
  { label: "↓", name: "Down", sends: "\x1b[B" },
  { label: "←", name: "Left", sends: "\x1b[D" },
  { label: "→", name: "Right", sends: "\x1b[C" },
  { label: "⏎", name: "Enter", sends: "\r" },
  { label: "^C", name: "Control and C", sends: "\x03" },
  { label: "/", name: "Slash", sends: "/" },
  { label: "|", name: "Pipe", sends: "|" },
  { label: "-", name: "Dash", sends: "-" },
];

/** The row; `control` changes what the next typed letter becomes. */
export function KeyRow({ send, control }: { send: (text: string) => void; control: ControlKey }) {
  const [held, setHeld] = useState(control.held);
  control.changed = setHeld;
  return (
    <div class="key-row" role="toolbar" aria-label="Keys">
      <button
        type="button"
        class="button"
        aria-pressed={held}
        aria-label="Control, for the next key"
        onClick={() => control.hold(!held)}
      >
        Ctrl
      </button>
      {KEYS.map((key) => (
        <button
          key={key.name}
          type="button"
          class="button"
          aria-label={key.name}
          // The keyboard of a phone goes away when the terminal loses the focus.
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => send(control.apply(key.sends))}
        >
          {key.label}
        </button>
      ))}
    </div>
  );
}

/** Control held down for one key, as a phone cannot hold two. */
export class ControlKey {
  held = false;
  changed: (held: boolean) => void = () => undefined;

  /** Holds it down, or lets it go. */
  hold(held: boolean): void {
    this.held = held;
    this.changed(held);
  }

  /** Returns what is sent for a typed text, and lets go. */
  apply(text: string): string {
    if (!this.held) return text;
    this.hold(false);
    return withControl(text);
  }
}
