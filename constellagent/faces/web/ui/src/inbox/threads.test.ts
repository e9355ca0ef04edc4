/** Mail and texts are one list, newest first. */
import { expect, test } from "vitest";
import type { ConversationView, MailView, ThreadView } from "../api/schema";
import { bytes, replyTo } from "./reply";
import { pick, talks } from "./threads";

const mail: ThreadView = {
  thread: "t1",
  subject: "",
  sender: "ana@example.com",
  sender_name: "Ana",
  preview: "look",
  unread: 1,
  mails: 2,
  at: "2026-01-31T09:00:00Z",
};
const text: ConversationView = {
  conversation: "c1",
  number: "+14155550123",
  preview: "code",
  unread: 0,
  texts: 1,
  at: "2026-01-31T10:00:00+00:00",
};

test("the newest comes first, and a mail without a subject says so", () => {
  expect(talks([mail], [text]).map((one) => [one.id, one.subject])).toEqual([
    ["c1", ""],
    ["t1", "(no subject)"],
  ]);
});

test("a kind and words narrow the list", () => {
  const all = talks([mail], [text]);
  expect(pick(all, "mail", "").map((one) => one.id)).toEqual(["t1"]);
  expect(pick(all, "all", "ANA look").map((one) => one.id)).toEqual(["t1"]);
  expect(pick(all, "text", "ana")).toEqual([]);
});

test("an answer goes to who wrote, or again to whom we wrote, and quotes", () => {
  const one = {
    sender: "ana@example.com",
    to: "writer@acme.test",
    subject: "Hi",
    text: "a\n> b",
    incoming: true,
  } as MailView;
  expect(replyTo(one, "writer@acme.test")).toEqual({
    to: "ana@example.com",
    subject: "Re: Hi",
    body: "\n\nana@example.com wrote:\n> a\n>> b",
  });
  const own = {
    ...one,
    sender: "writer@acme.test",
    to: "ana@example.com",
    subject: "RE: Hi",
    text: "",
    incoming: false,
  };
  expect(replyTo(own, "writer@acme.test")).toEqual({ to: "ana@example.com", subject: "RE: Hi", body: "" });
});

test("sizes are in words", () => {
  expect([bytes(12), bytes(2048), bytes(3 << 20)]).toEqual(["12 B", "2.0 kB", "3.0 MB"]);
});
