/** The sixteen colours and the ground of the terminal, for the dark and the light page. */

import type { ITheme } from "@xterm/xterm";

const DARK: ITheme = {
  background: "#0d0f12",
  foreground: "#e0e4ea",
  cursor: "#8aa8ff",
  cursorAccent: "#0d0f12",
  selectionBackground: "#36487d",
  black: "#1f242b",
  red: "#f4776d",
  green: "#57c98f",
  yellow: "#e6b450",
  blue: "#74aaf7",
  magenta: "#bb9af7",
  cyan: "#5cc8cf",
  white: "#c5cbd4",
  brightBlack: "#737d8b",
  brightRed: "#ff948b",
  brightGreen: "#7fe0ae",
  brightYellow: "#ffd07a",
  brightBlue: "#9cc4ff",
  brightMagenta: "#d2b8ff",
  brightCyan: "#86e3e8",
  brightWhite: "#ffffff",
};

const LIGHT: ITheme = {
  background: "#ffffff",
  foreground: "#1a1f27",
  cursor: "#2c50c8",
  cursorAccent: "#ffffff",
  selectionBackground: "#c5d4ff",
  black: "#1a1f27",
  red: "#bd2a23",
  green: "#10703f",
  yellow: "#835200",
  blue: "#165f9f",
  magenta: "#6a3cbb",
  cyan: "#0b6b74",
  white: "#69727f",
  brightBlack: "#59626f",
  brightRed: "#d0382f",
  brightGreen: "#148a4e",
  brightYellow: "#9a6200",
  brightBlue: "#2475c0",
  brightMagenta: "#7f4fd4",
  brightCyan: "#0e808b",
  brightWhite: "#3a4350",
};

/** Returns the colours of a theme. */
export function coloursOf(theme: "dark" | "light"): ITheme {
  return theme === "dark" ? DARK : LIGHT;
}
