/** Runs, missed fires and fires to come stand where they belong. */
import { expect, test } from "vitest";
import type { RunView, ScheduleView } from "../api/schema";
import { bars, extent, fires, place, SPANS, stretch, ticks } from "./geometry";

const T0 = 1_769_850_000;
const iso = (at: number) => new Date(at * 1000).toISOString();
const SHOWN = { from: T0, to: T0 + 1000 };

function run(part: Partial<RunView>): RunView {
  return {
    run: "r",
    state: "succeeded",
    fire_at: iso(T0),
    started_at: "",
    ended_at: "",
    first: "",
    ...part,
  } as RunView;
}

test("a run reaches from its start to its end, one that goes on until now", () => {
  const ended = run({ started_at: iso(T0 + 100), ended_at: iso(T0 + 300) });
  expect(extent(ended, T0 + 900)).toEqual({ from: T0 + 100, to: T0 + 300, kind: "run" });
  const open = run({ state: "running", started_at: iso(T0 + 100) });
  expect(extent(open, T0 + 900).to).toBe(T0 + 900);
});

test("a missed row reaches from its first fire, and what never started is a mark", () => {
  const missed = run({ state: "missed", first: iso(T0 - 50), fire_at: iso(T0 + 100), count: 4 });
  expect(extent(missed, T0)).toEqual({ from: T0 - 50, to: T0 + 100, kind: "missed" });
  expect(extent(run({ state: "expired" }), T0).kind).toBe("mark");
});

test("runs that overlap lie in lanes, the next free one is used again", () => {
  const drawn = bars(
    [
      run({ run: "a", started_at: iso(T0), ended_at: iso(T0 + 500) }),
      run({ run: "b", started_at: iso(T0 + 100), ended_at: iso(T0 + 200) }),
      run({ run: "c", started_at: iso(T0 + 300), ended_at: iso(T0 + 400) }),
    ],
    SHOWN,
    T0 + 1000,
  );
  expect(drawn.lanes).toBe(2);
  expect(drawn.bars.map((bar) => [bar.run.run, bar.lane, bar.left, bar.width])).toEqual([
    ["a", 0, 0, 50],
    ["b", 1, 10, 10],
    ["c", 1, 30, 10],
  ]);
});

test("what lies outside is left out, what reaches in is cut, and nothing is too thin to see", () => {
  const drawn = bars(
    [
      run({ run: "before", started_at: iso(T0 - 300), ended_at: iso(T0 - 200) }),
      run({ run: "into", started_at: iso(T0 - 100), ended_at: iso(T0 + 100) }),
      run({ run: "short", started_at: iso(T0 + 500), ended_at: iso(T0 + 500) }),
      run({ run: "odd", fire_at: "" }),
    ],
    SHOWN,
    T0,
  );
  expect(drawn.bars.map((bar) => bar.run.run)).toEqual(["into", "short"]);
  expect(drawn.bars[0]).toMatchObject({ left: 0, width: 10 });
  expect(drawn.bars[1]?.width).toBeGreaterThan(0.3);
});

test("fires to come stand within what is shown, and a paused schedule has none", () => {
  const next = [T0 + 100, T0 + 5000].map((at) => ({ fire_at: iso(at), due: iso(at), local: "" }));
  const schedule = { state: "on", next } as unknown as ScheduleView;
  expect(fires(schedule, SHOWN)).toEqual([{ at: T0 + 100, left: 10 }]);
  expect(fires({ ...schedule, state: "paused" }, SHOWN)).toEqual([]);
});

test("ticks are on round local times and never too many", () => {
  for (const span of Object.values(SPANS)) {
    for (const zone of [0, 3600, 5.5 * 3600]) {
      const found = ticks({ from: T0, to: T0 + span }, 8, zone);
      expect(found.length).toBeGreaterThan(1);
      expect(found.length).toBeLessThanOrEqual(9);
      for (const at of found) expect((at + zone) % 300).toBe(0);
    }
  }
});

test("a stretch has now near its end, and moves by halves", () => {
  const present = stretch("24h", 0, T0);
  expect(present.to - present.from).toBe(SPANS["24h"]);
  expect(place(T0, present)).toBeCloseTo(85);
  expect(stretch("24h", -1, T0).to).toBe(present.to - SPANS["24h"] / 2);
});
