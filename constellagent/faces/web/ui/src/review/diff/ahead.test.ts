/** A review that was begun early is the one that the tab shows, and no other tab gets it. */

import { afterEach, expect, test, vi } from "vitest";
import { beginReview, takeReview } from "./ahead";

afterEach(() => {
  vi.unstubAllGlobals();
});

function asked(): string[] {
  const addresses: string[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    addresses.push(address);
    return new Promise(() => undefined);
  });
  return addresses;
}

test("the list and the named file are asked for at once, and only once", async () => {
  const addresses = asked();
  beginReview("lab", "docs", { path: "a.txt", against: "HEAD" });
  const taken = takeReview("lab", "docs");
  void taken.look({ against: "HEAD", to: "", run: "" }, false);
  await Promise.resolve();
  expect(taken.path.value).toBe("a.txt");
  expect(addresses).toHaveLength(2);
  expect(addresses.find((one) => one.includes("/diff?"))).toContain("against=HEAD");
  expect(addresses.find((one) => one.includes("/content?"))).toContain("path=a.txt");
  expect(takeReview("lab", "docs")).not.toBe(taken);
});

test("another agent's tab begins its own", () => {
  asked();
  beginReview("lab", "docs", {});
  const other = takeReview("lab", "api");
  expect(other.agent).toBe("api");
  expect(other.view.value).toBeNull();
});
