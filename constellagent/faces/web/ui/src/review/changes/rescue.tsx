/** What was thrown away on this page: it stays in sight, with the way back, until it is dismissed. */

import type { Signal } from "@preact/signals";
import type { DoneView } from "../../api/schema";
import { Icon, IconButton } from "../../shell/icons";
import { CopyButton } from "../../shell/parts";
import { wayBack } from "./words";
import "./rescue.css";

/** What was thrown away, the ref that keeps it, and the command that brings it back. */
export interface Rescue {
  ref: string;
  done: string;
  back: string;
}

/** Returns what is kept of what was thrown away, null where nothing had to be. */
export function rescueOf(done: DoneView): Rescue | null {
  if (done.rescue === "") return null;
  return { ref: done.rescue, done: done.done[0] ?? "", back: wayBack(done.done) };
}

export function Rescues({ rescues }: { rescues: Signal<readonly Rescue[]> }) {
  return (
    <div role="status">
      {rescues.value.map((rescue) => (
        <div key={rescue.ref} class="rescue">
          <Icon name="check" />
          <div class="grow">
            <p>
              {rescue.done}. It is kept in <code>{rescue.ref}</code>
            </p>
            {rescue.back !== "" && <code class="rescue-back clip">{rescue.back}</code>}
          </div>
          {rescue.back !== "" && <CopyButton text={rescue.back} what="the command that brings it back" />}
          <IconButton
            name="close"
            label="Dismiss"
            onClick={() => {
              rescues.value = rescues.value.filter((one) => one !== rescue);
            }}
          />
        </div>
      ))}
    </div>
  );
}
