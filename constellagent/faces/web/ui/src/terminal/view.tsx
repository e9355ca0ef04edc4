/** An agent's terminal in the page: drawn as it comes, typed into where that is allowed and switched on. */

import "@xterm/xterm/css/xterm.css";
import "./terminal.css";
import { effect } from "@preact/signals";
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { useEffect, useRef, useState } from "preact/hooks";
import { ofConstellation } from "../api/client";
import { agentOf } from "../live/live";
import { Icon, IconButton } from "../shell/icons";
import { keep, kept } from "../shell/kept";
import { useKeys } from "../shell/keys";
import { copyText, Empty } from "../shell/parts";
import { route, setQuery } from "../shell/router";
import { ask, say } from "../shell/talk";
import { theme } from "../shell/theme";
import { mayAct } from "../shell/who";
import { coloursOf } from "./colours";
import { ControlKey, KeyRow } from "./keyrow";
import { Link, type LinkState } from "./link";
import { fittingFont } from "./protocol";

const WORDS: Record<LinkState, string> = {
  connecting: "connecting…",
  live: "live",
  ended: "ended",
  reconnecting: "reconnecting…",
  over: "ended",
};
const FONT = { smallest: 8, usual: 13, largest: 28 };

export function TerminalView({ constellation, agent }: { constellation: string; agent: string }) {
  const session = route.value.query.session ?? "";
  const [write, setWrite] = useState(
    () => mayAct.peek() && (kept("terminal.mode") ?? usualMode()) === "write",
  );
  const [font, setFont] = useState(() => Number(kept("terminal.font")) || FONT.usual);
  const writes = write && mayAct.value;
  const changeFont = (by: number) => {
    const next = Math.min(FONT.largest, Math.max(FONT.smallest, font + by));
    keep("terminal.font", String(next));
    setFont(next);
  };
  const changeMode = () => {
    keep("terminal.mode", write ? "read" : "write");
    setWrite(!write);
  };
  if (session === "" && agentOf(constellation, agent)?.session === null)
    return <NeverStarted agent={agent} />;
  const path = ofConstellation(constellation, "sessions", session || agent, "terminal");
  return (
    <Screen
      key={`${path} ${writes}`}
      path={path}
      agent={agent}
      writes={writes}
      font={font}
      changeFont={changeFont}
      changeMode={mayAct.value ? changeMode : undefined}
      ofRun={session !== ""}
    />
  );
}

function NeverStarted({ agent }: { agent: string }) {
  return (
    <Empty title={`${agent} was never started`}>
      <p>
        <code>constellagent apply</code> starts it, unless only its schedules do. The terminals of its runs
        are under Runs.
      </p>
    </Empty>
  );
}

interface ScreenProps {
  path: string;
  agent: string;
  writes: boolean;
  font: number;
  changeFont: (by: number) => void;
  changeMode: (() => void) | undefined;
  ofRun: boolean;
}

function Screen({ path, agent, writes, font, changeFont, changeMode, ofRun }: ScreenProps) {
  const host = useRef<HTMLDivElement>(null);
  const bar = useRef<HTMLDivElement>(null);
  const held = useRef<Held | null>(null);
  const [control] = useState(() => new ControlKey());
  const [state, setState] = useState<{ state: LinkState; text: string }>({ state: "connecting", text: "" });
  const [size, setSize] = useState("");
  useKeys("Terminal", [
    { keys: "Enter", label: "Go into the terminal", run: () => held.current?.terminal.focus() },
    {
      keys: "shift+Escape",
      label: "Leave the terminal",
      run: () => bar.current?.querySelector("button")?.focus(),
    },
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the font is changed on the same terminal, below.
  useEffect(() => {
    if (host.current === null) return undefined;
    const made = start(host.current, path, writes, font, control, {
      state: (next, text) => setState({ state: next, text }),
      sized: (rows, columns) => setSize(`${columns}×${rows}`),
      refused: (text) => say(text, "warning"),
      session: () => undefined,
    });
    held.current = made;
    made.terminal.attachCustomKeyEventHandler((event) => ownKey(event, made.terminal, bar.current));
    if (writes) made.terminal.focus();
    return made.stop;
  }, [path, writes, control]);
  useEffect(() => held.current?.setFont(font), [font]);
  const copy = () => void copyText(held.current?.terminal.getSelection() ?? "", "the selection");
  return (
    <section class="terminal" aria-label={`Terminal of ${agent}`}>
      <div class="terminal-bar" ref={bar} role="toolbar" aria-label="Terminal">
        {changeMode && (
          <button
            type="button"
            class="button"
            aria-pressed={writes}
            title={writes ? "Keys go to the program, and it takes the size of this window" : "Only looking"}
            onClick={changeMode}
          >
            <Icon name={writes ? "keyboard" : "eye"} />
            {writes ? "Typing" : "Looking"}
          </button>
        )}
        <span class={`terminal-state ${state.state}`} role="status">
          {WORDS[state.state]}
          {state.text && ` · ${state.text}`}
        </span>
        <span class="faint number only-large">{size}</span>
        {ofRun && (
          <button type="button" class="button" onClick={() => setQuery({ session: undefined })}>
            Show {agent} itself
          </button>
        )}
        <span class="grow" />
        {writes && (
          <span class="faint only-wide">
            <kbd>Shift</kbd> <kbd>Esc</kbd> leaves
          </span>
        )}
        <IconButton name="copy" label="Copy the selection (Control, Shift and C)" onClick={copy} />
        <IconButton name="minus" label="Smaller letters" onClick={() => changeFont(-1)} />
        <IconButton name="plus" label="Larger letters" onClick={() => changeFont(1)} />
        <IconButton name="down" label="To the end" onClick={() => held.current?.terminal.scrollToBottom()} />
      </div>
      <div class="terminal-host" ref={host} data-keys={writes ? "own" : undefined} />
      {writes && <KeyRow control={control} send={(text) => held.current?.link.type(text)} />}
    </section>
  );
}

interface Held {
  readonly terminal: Terminal;
  readonly link: Link;
  readonly setFont: (font: number) => void;
  readonly stop: () => void;
}

type Watcher = ConstructorParameters<typeof Link>[2];

function start(
  host: HTMLElement,
  path: string,
  writes: boolean,
  font: number,
  control: ControlKey,
  watcher: Watcher,
): Held {
  let wished = font;
  const terminal = new Terminal({
    allowProposedApi: false,
    cursorBlink: false,
    disableStdin: !writes,
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
    fontSize: font,
    scrollback: 10_000,
    theme: coloursOf(theme.peek()),
    linkHandler: { activate: (_event, address) => void openLink(address) },
  });
  const fit = new FitAddon();
  terminal.loadAddon(fit);
  terminal.open(host);
  const adapt = () => {
    const room = fit.proposeDimensions();
    if (!room || !Number.isFinite(room.cols)) return;
    if (writes) link.resize(room.rows, room.cols);
    else shrink(terminal, room.cols, wished);
  };
  const link = new Link(
    terminal,
    { path, write: writes },
    {
      ...watcher,
      sized: (rows, columns) => {
        if (!writes) adapt();
        watcher.sized(rows, columns);
      },
    },
    () => fit.proposeDimensions(),
  );
  terminal.onData((text) => link.type(control.apply(text)));
  terminal.onBinary((text) => link.typeBinary(text));
  const unfollow = effect(() => {
    terminal.options.theme = coloursOf(theme.value);
  });
  const soon = later(adapt, 80);
  const observer = new ResizeObserver(soon.ask);
  observer.observe(host);
  return {
    terminal,
    link,
    setFont: (next) => {
      wished = next;
      terminal.options.fontSize = next;
      soon.ask();
    },
    stop: () => {
      observer.disconnect();
      soon.cancel();
      unfollow();
      link.close();
      terminal.dispose();
    },
  };
}

/** Lets a viewer that only looks see all columns: the program's size is not its to change. */
function shrink(terminal: Terminal, room: number, wished: number): void {
  const present = terminal.options.fontSize ?? wished;
  const fit = Math.floor((room * present) / wished);
  const font = fittingFont(wished, fit, terminal.cols);
  if (font !== present) terminal.options.fontSize = font;
}

function later(run: () => void, wait: number): { ask: () => void; cancel: () => void } {
  let timer = 0;
  return {
    ask: () => {
      clearTimeout(timer);
      timer = window.setTimeout(run, wait);
    },
    cancel: () => clearTimeout(timer),
  };
}

/** Returns whether the terminal takes a key; the others are the page's, or copy. */
function ownKey(event: KeyboardEvent, terminal: Terminal, bar: HTMLElement | null): boolean {
  if (event.type !== "keydown") return true;
  if (event.key === "Escape" && event.shiftKey) {
    event.preventDefault();
    bar?.querySelector("button")?.focus();
    return false;
  }
  if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === "c") {
    event.preventDefault();
    void copyText(terminal.getSelection(), "the selection");
    return false;
  }
  return true;
}

async function openLink(address: string): Promise<void> {
  if (!/^https?:\/\//.test(address)) {
    say("this link leads to no web page", "warning", address);
    return;
  }
  const yes = await ask({
    title: "Open this link?",
    text: "The program in this terminal asks to open:",
    lines: [address],
    yes: "Open",
  });
  if (yes) window.open(address, "_blank", "noopener,noreferrer");
}

/** Opening a terminal on a phone must not squeeze the program of everybody else. */
function usualMode(): "read" | "write" {
  return matchMedia("(max-width: 760px)").matches ? "read" : "write";
}
