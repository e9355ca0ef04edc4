/** The texts that editors show: made with the language of their path, changed in place, and thrown away in order. */

import { editor, Uri } from "monaco-editor/editor.js";
import { shown } from "../tree/names";
import { edits, replacements } from "./edits";

const PLAIN_BRACKETS = { enabled: false, independentColorPoolPerBracketType: false };

let made = 0;

/** Makes a model of a file's text; its language is that of its path, or of its first line. */
export function openModel(path: string, text: string): editor.ITextModel {
  made += 1;
  const uri = Uri.from({ scheme: "agent", authority: String(made), path: `/${shown(path)}` });
  const model = editor.createModel(text, undefined, uri);
  model.updateOptions({ bracketColorizationOptions: PLAIN_BRACKETS });
  return model;
}

/** Returns the lines of a text as models count them. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/**
 * Makes a model's text another with the fewest edits of lines, so that scroll position, selections, folding and
 * comments stay. Returns whether anything changed.
 */
export function follow(model: editor.ITextModel, text: string): boolean {
  const before = model.getLinesContent();
  const changes = edits(before, linesOf(text));
  if (changes.length === 0) return false;
  const operations = replacements(before, changes, model.getEOL()).map(({ text: put, ...range }) => ({
    range,
    text: put,
  }));
  model.pushStackElement();
  model.pushEditOperations([], operations, () => null);
  model.pushStackElement();
  return true;
}
