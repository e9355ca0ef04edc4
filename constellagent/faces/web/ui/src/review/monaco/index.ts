/**
 * The editor for the rest of the page: `createDiff` and `createEditor` with the settings of a review, models of
 * files, and themes. Importing this loads the editor, so only what is itself loaded on demand may do it.
 */

import { editor } from "monaco-editor/editor.js";
import "monaco-editor/languages/definitions/register.all.js";
import "./features";
import { registerGrammars } from "./grammars";
import { DARK, defineThemes, LIGHT } from "./themes";
import { takeWorker } from "./worker";

export { editor, KeyCode, KeyMod, Range } from "monaco-editor/editor.js";
export { follow, linesOf, openModel } from "./models";
export { showTheme } from "./themes";

export type CodeEditor = editor.ICodeEditor;
export type Editor = editor.IStandaloneCodeEditor;
export type DiffEditor = editor.IStandaloneDiffEditor;
export type Model = editor.ITextModel;

self.MonacoEnvironment = { getWorker: takeWorker };
registerGrammars();
defineThemes();

/** How an editor is made. `dark` is the theme of all editors; `label` is what a screen reader says. */
export interface Settings {
  dark: boolean;
  label: string;
  wrap: boolean;
  readOnly: boolean;
}

function common(settings: Settings): editor.IEditorOptions {
  return {
    ariaLabel: settings.label,
    readOnly: settings.readOnly,
    automaticLayout: true,
    contextmenu: true,
    cursorSurroundingLines: 3,
    fixedOverflowWidgets: true,
    fontFamily: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace",
    fontSize: 13,
    glyphMargin: false,
    hover: { enabled: "off" },
    inlineCompletionsAccessibilityVerbose: false,
    lightbulb: { enabled: editor.ShowLightbulbIconMode.Off },
    lineHeight: 20,
    links: false,
    minimap: { enabled: false },
    occurrencesHighlight: "singleFile",
    renderLineHighlight: "line",
    renderLineHighlightOnlyWhenFocus: true,
    scrollBeyondLastLine: false,
    selectionClipboard: false,
    stickyScroll: { enabled: false },
    unicodeHighlight: { ambiguousCharacters: false, invisibleCharacters: true, nonBasicASCII: false },
    unusualLineTerminators: "off",
    wordWrap: settings.wrap ? "on" : "off",
  };
}

/** What a diff is shown like. */
export interface DiffSettings extends Settings {
  inline: boolean;
  fold: boolean;
  ignoreSpace: boolean;
  /** The side that there is where the other one is no file: it has all the room. */
  sides: "both" | "old" | "new";
}

/** How much of the width the left side has. The editor leaves no side less than a tenth; see `.text-host`. */
const SPLITS: Record<DiffSettings["sides"], number> = { both: 0.5, old: 0.9, new: 0.1 };

/** Returns the options of a diff editor for how it is to be shown; also for `updateOptions`. */
export function diffOptions(settings: DiffSettings): editor.IDiffEditorOptions {
  const both = settings.sides === "both";
  return {
    ...common(settings),
    originalEditable: false,
    // One column would show a side that is no file as an empty line; beside the other it can be moved out of sight.
    renderSideBySide: !settings.inline || !both,
    useInlineViewWhenSpaceIsLimited: both,
    enableSplitViewResizing: both,
    splitViewDefaultRatio: SPLITS[settings.sides],
    renderSideBySideInlineBreakpoint: 760,
    ignoreTrimWhitespace: settings.ignoreSpace,
    diffWordWrap: settings.wrap ? "on" : "off",
    hideUnchangedRegions: {
      enabled: settings.fold,
      contextLineCount: 3,
      minimumLineCount: 5,
      revealLineCount: 20,
    },
    maxComputationTime: 5000,
    maxFileSize: 16,
    renderGutterMenu: false,
    renderMarginRevertIcon: false,
    renderOverviewRuler: both,
    renderIndicators: true,
    accessibilityVerbose: false,
  };
}

/** Makes a diff editor in an element; it has no models yet. */
export function createDiff(host: HTMLElement, settings: DiffSettings): DiffEditor {
  return editor.createDiffEditor(host, { ...diffOptions(settings), theme: settings.dark ? DARK : LIGHT });
}

/** Makes an editor of one text in an element; it has no model yet. */
export function createEditor(host: HTMLElement, settings: Settings): Editor {
  return editor.create(host, { ...common(settings), theme: settings.dark ? DARK : LIGHT, model: null });
}
