/** Which paths stay for what is typed into the filter. */

import { expect, test } from "vitest";
import { filter } from "./filter";

test("every typed word must be in a path, and capitals count only where typed", () => {
  const paths = ["src/App.tsx", "src/app.test.ts", "docs/APP.md"];
  expect(paths.filter(filter("app ts"))).toEqual(["src/App.tsx", "src/app.test.ts"]);
  expect(paths.filter(filter("APP"))).toEqual(["docs/APP.md"]);
  expect(paths.filter(filter("  "))).toEqual(paths);
});
