/** The log shows the newest first, narrowed by constellation, kind and words. */
import { expect, test } from "vitest";
import type { EventView } from "../api/schema";
import { levelOf, pickEvents } from "./pick";

const event = (at: number, kind: EventView["kind"], text: string, file = "/f"): EventView => ({
  at,
  file,
  subject: "writer",
  kind,
  level: "info",
  text,
  notify: false,
});
const ALL = [event(1, "state", "waits"), event(2, "mail", "came"), event(3, "mail", "came", "/g")];

test("the newest first, all of them", () => {
  expect(pickEvents(ALL, "", "", "").map((one) => one.at)).toEqual([3, 2, 1]);
});

test("file, kind and words narrow", () => {
  expect(pickEvents(ALL, "/f", "mail", "").map((one) => one.at)).toEqual([2]);
  expect(pickEvents(ALL, "", "", "WRITER waits").map((one) => one.at)).toEqual([1]);
});

test("a terminal that fell quiet is no warning; what is unknown for another reason is", () => {
  const warning = (text: string) => levelOf({ ...event(1, "state", text), level: "warning" });
  expect(warning("unknown: quiet")).toBe("info");
  expect(warning("unknown: its holder does not answer")).toBe("warning");
  expect(warning("waiting: permission")).toBe("warning");
});
