/** The palette (Control or Command and K): every agent, place and action, found by a few of their letters. */

import { computed } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { constellations } from "../live/live";
import { keyOf } from "../live/world";
import { Icon, type IconName } from "./icons";
import { search } from "./palette-search";
import { type State, StateSign } from "./parts";
import { PLACE_SPOTS, TAB_SPOTS } from "./places";
import { go } from "./router";
import { agentAddress, PLACES, placeAddress, TABS } from "./routes";
import { closeOverlay, overlay } from "./state";
import { Dialog } from "./talk";
import { nextTheme } from "./theme";
import { mayAct } from "./who";

interface Entry {
  readonly text: string;
  readonly detail: string;
  readonly icon: IconName;
  readonly state?: State;
  readonly run: () => void;
}

const MOST = 40;

const entries = computed<Entry[]>(() => [...agentEntries(), ...placeEntries(), ...ownEntries()]);

function agentEntries(): Entry[] {
  const all = constellations.value ?? [];
  return all.flatMap((one) => {
    const key = keyOf(one, all);
    return one.agents.flatMap((agent): Entry[] => {
      const tabs = TABS.map((tab): Entry => {
        const title = TAB_SPOTS[tab].title;
        const text = tab === "diff" ? agent.name : `${agent.name} ${title}`;
        const detail = tab === "diff" ? `${one.name} · ${agent.state}` : one.name;
        const entry = {
          text,
          detail,
          icon: TAB_SPOTS[tab].icon,
          run: () => go(agentAddress(key, agent.name, tab)),
        };
        return tab === "diff" ? { ...entry, state: agent.state } : entry;
      });
      if (!mayAct.value) return tabs;
      const place = { constellation: key, agent: agent.name };
      return [
        ...tabs,
        {
          text: `${agent.name} Send a prompt`,
          detail: one.name,
          icon: "send",
          run: () => (overlay.value = { kind: "send", ...place }),
        },
        {
          text: `${agent.name} Start a run`,
          detail: one.name,
          icon: "play",
          run: () => (overlay.value = { kind: "run", ...place }),
        },
        {
          text: `${agent.name} Restart it`,
          detail: one.name,
          icon: "refresh",
          run: () => (overlay.value = { kind: "restart", ...place }),
        },
      ];
    });
  });
}

function placeEntries(): Entry[] {
  const all = constellations.value ?? [];
  const general = PLACES.map((place): Entry => {
    const { title, icon } = PLACE_SPOTS[place];
    return { text: title, detail: "all constellations", icon, run: () => go(placeAddress(place)) };
  });
  const narrow = all.flatMap((one) =>
    PLACES.map((place): Entry => {
      const { title, icon } = PLACE_SPOTS[place];
      const address = placeAddress(place, keyOf(one, all));
      return { text: `${one.name} ${title}`, detail: one.name, icon, run: () => go(address) };
    }),
  );
  return [...general, ...narrow];
}

function ownEntries(): Entry[] {
  return [
    { text: "Switch theme", detail: "page", icon: "sun", run: nextTheme },
    { text: "Show keys", detail: "page", icon: "keyboard", run: () => (overlay.value = { kind: "keys" }) },
  ];
}

export function Palette() {
  const [typed, setTyped] = useState("");
  const [present, setPresent] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const found = search(entries.value, typed, (entry) => ({ name: entry.text, beside: entry.detail }), MOST);
  const chosen = Math.min(present, found.length - 1);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the chosen row is found in the document by its state.
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const take = (entry: Entry | undefined) => {
    if (!entry) return;
    closeOverlay();
    entry.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setPresent((chosen + by + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[chosen]?.item);
    }
  };
  return (
    <Dialog title="Go to, or do" onClose={closeOverlay} className="palette" bare>
      <div class="palette-field">
        <Icon name="search" />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${chosen}` : undefined}
          aria-label="Find an agent, a place or an action"
          placeholder="Find an agent, a place or an action"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => {
            setTyped(event.currentTarget.value);
            setPresent(0);
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the list of a combobox. */}
      <ul id="palette-list" role="listbox" aria-label="Found" ref={list} class="palette-list">
        {found.map(({ item, places }, at) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the focus and takes the keys.
          // biome-ignore lint/a11y/useFocusableInteractive: as above.
          <li
            key={`${item.text} ${item.detail}`}
            id={`palette-${at}`}
            // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: an option of the list above.
            role="option"
            aria-selected={at === chosen}
            onClick={() => take(item)}
            onMouseMove={() => setPresent(at)}
          >
            {item.state ? <StateSign state={item.state} /> : <Icon name={item.icon} />}
            <span class="grow clip">{marked(item.text, places)}</span>
            <span class="faint clip">{item.detail}</span>
          </li>
        ))}
        {found.length === 0 && <li class="dim palette-none">Nothing has these letters in this order.</li>}
      </ul>
    </Dialog>
  );
}

function marked(text: string, places: readonly number[]) {
  const hit = new Set(places);
  return [...text].map((letter, at) => (hit.has(at) ? <mark key={at}>{letter}</mark> : letter));
}
