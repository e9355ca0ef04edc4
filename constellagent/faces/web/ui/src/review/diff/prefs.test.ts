/** How a person likes diffs: read from the browser, whatever is in there. */

import { expect, test } from "vitest";
import { readPrefs } from "./prefs";

test("preferences that are missing or strange are as usual", () => {
  const usual = readPrefs(null);
  expect(readPrefs("{")).toEqual(usual);
  expect(readPrefs('{"inline": true, "wrap": "yes", "other": 1}')).toEqual({ ...usual, inline: true });
});
