/** What is asked of a file that is not there yet is done in its order, for that file alone. */

import { signal } from "@preact/signals";
import { expect, test, vi } from "vitest";
import { Turns } from "./turns";

test("what is asked of a file that is there is done at once", () => {
  const act = vi.fn();
  new Turns(signal(true)).ask(act);
  expect(act).toHaveBeenCalledOnce();
});

test("what is asked too early is done in its order, each after the file that the one before opened", async () => {
  const there = signal(false);
  const turns = new Turns(there);
  const done: string[] = [];
  turns.ask(() => {
    done.push("next");
    there.value = false;
    return Promise.resolve();
  });
  turns.ask(() => void done.push("comment"));
  expect(done).toEqual([]);
  there.value = true;
  await vi.waitFor(() => expect(done).toEqual(["next"]));
  await Promise.resolve();
  expect(done).toEqual(["next"]);
  there.value = true;
  await vi.waitFor(() => expect(done).toEqual(["next", "comment"]));
});

test("what waits for a file is not done to another one", async () => {
  const there = signal(false);
  const turns = new Turns(there);
  const done: string[] = [];
  turns.ask(() => void done.push("of the first"));
  turns.drop();
  turns.ask(() => void done.push("of the second"));
  there.value = true;
  await vi.waitFor(() => expect(done).toEqual(["of the second"]));
});

test("a failure is told, and what comes later is done", async () => {
  const there = signal(true);
  const turns = new Turns(there);
  const failed = new Promise((resolve) => process.once("unhandledRejection", resolve));
  turns.ask(() => {
    throw new Error("no");
  });
  expect(String(await failed)).toContain("no");
  const act = vi.fn();
  turns.ask(act);
  expect(act).toHaveBeenCalledOnce();
});
