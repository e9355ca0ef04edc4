/** The page's signs, drawn here so that none is fetched: 16 by 16, in the colour of the text around them. */

import type { ComponentChildren } from "preact";

const PATHS = {
  overview: "M2 3h12M2 8h12M2 13h12",
  timeline: "M2 4h6M6 8h8M3 12h7",
  inbox: "M2 9.5 4 3h8l2 6.5V13H2zM2 9.5h3.5c.3 1 1.2 1.7 2.5 1.7s2.2-.7 2.5-1.7H14",
  overlaps: "M6 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 5a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  plan: "M3 2.5h10v11H3zM5.5 6h5M5.5 8.5h5M5.5 11h3",
  events: "M2 8h3l2-5 2.5 10L11 8h3",
  audit: "M8 1.8 13 4v4c0 3-2 5.2-5 6.2C5 13.2 3 11 3 8V4zM6 8l1.5 1.5L10.3 6.6",
  terminal: "M2 3h12v10H2zM4.5 6l2 2-2 2M8.5 10.5h3",
  diff: "M8 2.5v6M5 5.5h6M5 12.5h6",
  files: "M4 2h5l3 3v9H4zM9 2v3h3",
  changes: "M3 8h10M8 3v10",
  commits: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM1.5 8h3.7M10.8 8h3.7",
  runs: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.8V8l2.2 1.6",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 14 14",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  menu: "M2 4h12M2 8h12M2 12h12",
  send: "M2 8 14 2.5 10.5 14 8 9z",
  play: "M4.5 2.8v10.4L13 8z",
  pause: "M5 3v10M11 3v10",
  stop: "M3.5 3.5h9v9h-9z",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8 13 13M13 3l-1.2 1.2M4.2 11.8 3 13",
  moon: "M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1z",
  system: "M2 3h12v8H2zM6 14h4M8 11v3",
  keyboard: "M1.5 4h13v8h-13zM4 6.5h.01M6.7 6.5h.01M9.3 6.5h.01M12 6.5h.01M5 9.5h6",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  check: "M3 8.5 6.5 12 13 4.5",
  warn: "M8 2 14.5 13.5h-13zM8 6.5v3.2M8 11.6h.01",
  question: "M5.8 6a2.3 2.3 0 1 1 3.2 2.1c-.7.3-1 .8-1 1.5M8 12h.01",
  mail: "M2 3.5h12v9H2zM2 4l6 5 6-5",
  phone: "M4.5 1.5h7v13h-7zM7 12.5h2",
  branch:
    "M4.5 4.5v7M4.5 2.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM4.5 11.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM11.5 4.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM11.5 7c0 2.5-4 2-6.5 4.2",
  chevron: "M6 3.5 10.5 8 6 12.5",
  down: "M3.5 6 8 10.5 12.5 6",
  refresh: "M13 8a5 5 0 1 1-1.5-3.6M13 2v3h-3",
  external: "M9 2.5h4.5V7M13.5 2.5 7 9M11.5 9v4.5h-9v-9H7",
  lock: "M4 7h8v6.5H4zM5.8 7V5a2.2 2.2 0 0 1 4.4 0v2",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  trash: "M2.5 4h11M6 4V2.5h4V4M4 4l.7 9.5h6.6L12 4M6.7 6.5v4.5M9.3 6.5v4.5",
  undo: "M3 6h6.5a3.5 3.5 0 0 1 0 7H6M5.8 3 3 6l2.8 3",
  logout: "M6 2.5H2.5v11H6M10.5 5 13.5 8l-3 3M13.5 8H6",
} as const;

export type IconName = keyof typeof PATHS;

/** A sign; it says nothing to a screen reader, so words stand beside it or in the name of its button. */
export function Icon({ name, filled = false }: { name: IconName; filled?: boolean }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      fill={filled ? "currentColor" : "none"}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** A button that is a sign alone; `label` is its name and tooltip. */
export function IconButton(props: {
  name: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
  pressed?: boolean;
  disabled?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <Icon name={props.name} />
      {props.children}
    </button>
  );
}
