/** What is compared: presets, and the ranges that they stand for. */

import { expect, test } from "vitest";
import { presetOf, presetRange } from "./range";

test("each preset is found again in its range", () => {
  for (const preset of ["base", "HEAD", "staged", "unstaged"] as const) {
    expect(presetOf(presetRange(preset))).toBe(preset);
  }
  expect(presetOf({ against: "abc^", to: "abc", run: "" })).toBe("range");
  expect(presetOf({ against: "abc", to: "worktree", run: "" })).toBe("commit");
  expect(presetOf({ against: "", to: "", run: "r1" })).toBe("run");
});
