/**
 * The two themes of the editor, beside the page's own. Changed lines have soft backgrounds, so that text of every
 * colour, comments above all, stays readable on them.
 */

import { editor } from "monaco-editor/editor.js";

export const DARK = "page-dark";
export const LIGHT = "page-light";

const DARK_RULES: editor.ITokenThemeRule[] = [
  { token: "", foreground: "d7dce4" },
  { token: "comment", foreground: "9aa5b5" },
  { token: "keyword", foreground: "c8a6f5" },
  { token: "string", foreground: "a5d6a0" },
  { token: "number", foreground: "f0bd86" },
  { token: "regexp", foreground: "7fd3cf" },
  { token: "type", foreground: "82c7f2" },
  { token: "tag", foreground: "82c7f2" },
  { token: "attribute.name", foreground: "c8a6f5" },
  { token: "attribute.value", foreground: "a5d6a0" },
  { token: "variable", foreground: "d7dce4" },
  { token: "delimiter", foreground: "b3bcc9" },
  { token: "metatag", foreground: "9aa5b5" },
];

const LIGHT_RULES: editor.ITokenThemeRule[] = [
  { token: "", foreground: "1f2530" },
  { token: "comment", foreground: "566070" },
  { token: "keyword", foreground: "7a2cb8" },
  { token: "string", foreground: "1b6333" },
  { token: "number", foreground: "8f4700" },
  { token: "regexp", foreground: "0b6560" },
  { token: "type", foreground: "0b5394" },
  { token: "tag", foreground: "0b5394" },
  { token: "attribute.name", foreground: "7a2cb8" },
  { token: "attribute.value", foreground: "1b6333" },
  { token: "variable", foreground: "1f2530" },
  { token: "delimiter", foreground: "4a5363" },
  { token: "metatag", foreground: "566070" },
];

const DARK_COLORS: editor.IColors = {
  "editor.background": "#14171c",
  "editor.foreground": "#d7dce4",
  "editorLineNumber.foreground": "#7b8594",
  "editorLineNumber.dimmedForeground": "#7b8594",
  "editorLineNumber.activeForeground": "#d7dce4",
  "editorGutter.background": "#14171c",
  "editor.lineHighlightBackground": "#ffffff0a",
  "editor.lineHighlightBorder": "#00000000",
  "editor.selectionBackground": "#3a66a880",
  "editorWidget.background": "#1d2128",
  "editorWidget.border": "#343b46",
  "diffEditor.insertedLineBackground": "#2ea0431c",
  "diffEditor.insertedTextBackground": "#2ea04330",
  "diffEditor.removedLineBackground": "#f851491c",
  "diffEditor.removedTextBackground": "#f8514930",
  "diffEditorGutter.insertedLineBackground": "#2ea04338",
  "diffEditorGutter.removedLineBackground": "#f8514938",
  "diffEditor.diagonalFill": "#ffffff0d",
  "diffEditor.unchangedRegionBackground": "#1b2028",
  "diffEditor.unchangedRegionForeground": "#aeb8c6",
  "diffEditor.unchangedRegionShadow": "#00000000",
  "diffEditor.border": "#2a303a",
  "scrollbarSlider.background": "#6b76884d",
  "scrollbarSlider.hoverBackground": "#6b768880",
  focusBorder: "#5b9cf5",
};

const LIGHT_COLORS: editor.IColors = {
  "editor.background": "#ffffff",
  "editor.foreground": "#1f2530",
  "editorLineNumber.foreground": "#6c7686",
  "editorLineNumber.dimmedForeground": "#6c7686",
  "editorLineNumber.activeForeground": "#1f2530",
  "editorGutter.background": "#ffffff",
  "editor.lineHighlightBackground": "#00000008",
  "editor.lineHighlightBorder": "#00000000",
  "editor.selectionBackground": "#a9cdff99",
  "editorWidget.background": "#f6f8fa",
  "editorWidget.border": "#d3d9e2",
  "diffEditor.insertedLineBackground": "#2da44e1a",
  "diffEditor.insertedTextBackground": "#2da44e2a",
  "diffEditor.removedLineBackground": "#cf222e14",
  "diffEditor.removedTextBackground": "#cf222e24",
  "diffEditorGutter.insertedLineBackground": "#2da44e30",
  "diffEditorGutter.removedLineBackground": "#cf222e26",
  "diffEditor.diagonalFill": "#0000000d",
  "diffEditor.unchangedRegionBackground": "#f1f5fa",
  "diffEditor.unchangedRegionForeground": "#4a5568",
  "diffEditor.unchangedRegionShadow": "#00000000",
  "diffEditor.border": "#d3d9e2",
  "scrollbarSlider.background": "#6b768840",
  "scrollbarSlider.hoverBackground": "#6b768870",
  focusBorder: "#0b63ce",
};

/** Makes the themes known; called once. */
export function defineThemes(): void {
  editor.defineTheme(DARK, { base: "vs-dark", inherit: true, rules: DARK_RULES, colors: DARK_COLORS });
  editor.defineTheme(LIGHT, { base: "vs", inherit: true, rules: LIGHT_RULES, colors: LIGHT_COLORS });
}

/** Shows all editors dark or light. */
export function showTheme(dark: boolean): void {
  editor.setTheme(dark ? DARK : LIGHT);
}
