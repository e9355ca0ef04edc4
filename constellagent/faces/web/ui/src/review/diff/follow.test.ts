// @vitest-environment happy-dom
/** A repository that answers slowly is not asked without a pause. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { followAgent } from "./follow";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function slow(milliseconds: number): { asked: () => number; all: () => Promise<void> } {
  let count = 0;
  return {
    asked: () => count,
    all: () => {
      count += 1;
      return new Promise((resolve) => setTimeout(resolve, milliseconds));
    },
  };
}

const nothing = () => Promise.resolve();

test("a list that takes 11 seconds is asked for every two minutes", async () => {
  const { asked, all } = slow(11_000);
  const stop = followAgent("lab", "docs", { all, file: nothing });
  await vi.advanceTimersByTimeAsync(6_000 + 11_000 + 109_000);
  expect(asked()).toBe(1);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked()).toBe(2);
  stop();
});

test("a quick list is asked for every six seconds", async () => {
  const { asked, all } = slow(50);
  const stop = followAgent("lab", "docs", { all, file: nothing });
  await vi.advanceTimersByTimeAsync(60_100);
  expect(asked()).toBeGreaterThanOrEqual(9);
  stop();
});

test("asking for the open file never takes the list's turn", async () => {
  const { asked, all } = slow(50);
  const file = slow(100);
  const stop = followAgent("lab", "docs", { all, file: file.all });
  await vi.advanceTimersByTimeAsync(60_100);
  expect(asked()).toBeGreaterThanOrEqual(9);
  expect(file.asked()).toBeGreaterThanOrEqual(15);
  stop();
});

test("a person who comes back need not wait for a rest to end", async () => {
  const { asked, all } = slow(11_000);
  const stop = followAgent("lab", "docs", { all, file: nothing });
  await vi.advanceTimersByTimeAsync(18_000);
  window.dispatchEvent(new Event("focus"));
  await vi.advanceTimersByTimeAsync(400);
  expect(asked()).toBe(2);
  stop();
});

test("nothing is asked any more once it is stopped", async () => {
  const { asked, all } = slow(50);
  followAgent("lab", "docs", { all, file: nothing })();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked()).toBe(0);
});
