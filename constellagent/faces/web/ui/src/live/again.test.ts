/** A broken connection is tried again later and later, and a daemon is known by its process. */
import { expect, test } from "vitest";
import type { DaemonView } from "../api/schema";
import { delayOf, sameDaemon } from "./again";

test("delays double up to five seconds, spread over a quarter", () => {
  expect(delayOf(1, 1)).toBe(250);
  expect(delayOf(1, 0)).toBe(188);
  expect(delayOf(3, 1)).toBe(1000);
  expect(delayOf(100, 1)).toBe(5_000);
});

test("another process, or the same number begun anew, is another daemon", () => {
  const one = { pid: 1, started_at: 5 } as DaemonView;
  expect(sameDaemon(one, { ...one })).toBe(true);
  expect(sameDaemon(one, { ...one, pid: 2 })).toBe(false);
  expect(sameDaemon(one, { ...one, started_at: 6 })).toBe(false);
});
