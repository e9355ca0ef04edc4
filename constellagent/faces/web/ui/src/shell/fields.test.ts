// @vitest-environment happy-dom
/** A dialog opens where a person goes on, which is never its close button. */

import { expect, test } from "vitest";
import { firstField } from "./fields";

const HEAD = '<header><button id="close">x</button></header>';
const FOOT =
  '<footer class="dialog-foot"><button id="cancel">Cancel</button><button id="yes">Yes</button></footer>';

function first(markup: string): string | undefined {
  const box = new DOMParser().parseFromString(`<dialog>${HEAD}${markup}</dialog>`, "text/html").body;
  return firstField(box)?.id;
}

test("the first field has the focus", () => {
  expect(first(`<textarea id="text"></textarea><input id="other">${FOOT}`)).toBe("text");
  expect(first(`<input type="hidden"><input disabled><select id="which"></select>${FOOT}`)).toBe("which");
});

test("of a choice of one the chosen one has it", () => {
  expect(first('<input type="radio" id="a"><input type="radio" id="b" checked>')).toBe("b");
});

test("a question without a field begins at the answer that does nothing", () => {
  expect(first(`<p>Sure?</p>${FOOT}`)).toBe("cancel");
});

test("a text to read is left to the browser", () => {
  expect(first("<p>Keys</p>")).toBeUndefined();
});
