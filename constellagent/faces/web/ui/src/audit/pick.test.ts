/** What was refused stands out in the audit, and words narrow it. */
import { expect, test } from "vitest";
import type { AuditView } from "../api/schema";
import { pickLines, toneOfResult } from "./pick";

const line = (part: Partial<AuditView>): AuditView => ({
  identity: "i",
  agent: "writer",
  seq: 1,
  at: "",
  actor: "daemon",
  action: "key.issued",
  result: "ok",
  about: "",
  row: "",
  value: "",
  ...part,
});

test("words narrow whatever is shown", () => {
  const lines = [line({}), line({ action: "secret.read", result: "refused" })];
  expect(pickLines(lines, "secret writer")).toEqual([lines[1]]);
  expect(pickLines(lines, "")).toEqual(lines);
});

test("only what went well is quiet", () => {
  expect([toneOfResult("ok"), toneOfResult("refused"), toneOfResult("failed")]).toEqual(["", "bad", "bad"]);
});
