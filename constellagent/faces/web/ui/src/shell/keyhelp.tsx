/** The list of keys that hold now (`?`), by the view that they belong to. */

import { caps } from "./chords";
import { groups, mac } from "./keys";
import { closeOverlay } from "./state";
import { Dialog } from "./talk";

export function KeyHelp() {
  const titles = [...new Set(groups.value.map((group) => group.title))].reverse();
  return (
    <Dialog title="Keys" onClose={closeOverlay} className="key-help">
      <div class="dialog-body key-groups">
        {titles.map((title) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {groups.value
                .filter((group) => group.title === title)
                .flatMap((group) => group.bindings)
                .map((binding) => (
                  <div key={binding.keys}>
                    <dt>
                      {caps(binding.keys, mac).map((cap, at) => (
                        <kbd key={at}>{cap}</kbd>
                      ))}
                    </dt>
                    <dd>{binding.label}</dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
