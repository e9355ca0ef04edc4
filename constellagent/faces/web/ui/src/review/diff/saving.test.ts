/** Open texts and the files that they are of: when to follow, when to ask, what a save sends. */

import { describe, expect, test } from "vitest";
import type { ContentView } from "../../api/schema";
import { absent } from "./range";
import { save, standing } from "./saving";

const TEXT: ContentView = {
  ...absent("a.txt", "worktree"),
  kind: "text",
  mode: "100644",
  size: 12,
  version: "v1",
  text: "a\nb\n",
  encoding: "utf-8",
  eol: "lf",
  editable: true,
};

describe("saving", () => {
  test("a file that changed is followed, unless something was typed", () => {
    const other = { ...TEXT, version: "v2" };
    expect(standing({ base: TEXT, dirty: true }, TEXT)).toBe("same");
    expect(standing({ base: TEXT, dirty: false }, other)).toBe("follow");
    expect(standing({ base: TEXT, dirty: true }, other)).toBe("changed");
  });

  test("a save carries the version that the text was made from, and how it is stored", () => {
    expect(save({ ...TEXT, eol: "crlf", encoding: "latin-1" }, "x")).toEqual({
      path: "a.txt",
      text: "x",
      version: "v1",
      encoding: "latin-1",
      eol: "crlf",
    });
    expect(save({ ...TEXT, eol: "", encoding: "" }, "x")).toEqual({
      path: "a.txt",
      text: "x",
      version: "v1",
    });
  });
});
