/** Any path survives the way into an address and back. */
import { expect, test } from "vitest";
import { decodeName, decodeQuery, encodeName, encodeQuery } from "./names";

test("bytes that are no UTF-8 travel as themselves", () => {
  expect(encodeName("caf\udce9.txt")).toBe("caf%E9.txt");
  expect(decodeName("caf%E9.txt")).toBe("caf\udce9.txt");
});

test("text travels as UTF-8, and what an address would obey is encoded", () => {
  expect(encodeName("a b/é#?&%")).toBe("a%20b%2F%C3%A9%23%3F%26%25");
  expect(decodeName("a%20b%2F%C3%A9%23%3F%26%25")).toBe("a b/é#?&%");
});

test.each(["", "plain", "x\ny", "😀", "\udcff\udc80", "é\udcc3z", "100%", "</script>", "\ufeffbom"])(
  "%j comes back as it was",
  (name) => {
    expect(decodeName(encodeName(name))).toBe(name);
  },
);

test("a half of a pair that stands for no byte does not stop the page", () => {
  expect(encodeName("\ud83d")).toBe("%EF%BF%BD");
});

test("a broken percent sign is left alone", () => {
  expect(decodeName("50%-%zz")).toBe("50%-%zz");
});

test("a query leaves out what is undefined and repeats lists", () => {
  expect(encodeQuery({ path: "a b", none: undefined, all: false, state: ["x", "y"] })).toBe(
    "?path=a%20b&all=false&state=x&state=y",
  );
  expect(encodeQuery({ none: undefined })).toBe("");
});

test("a query is read back, the last of repeated ones counts", () => {
  expect(decodeQuery("path=a%20b&flag&x=1&x=2")).toEqual({ path: "a b", flag: "", x: "2" });
});
