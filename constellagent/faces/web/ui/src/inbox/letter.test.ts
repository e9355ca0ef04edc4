// @vitest-environment happy-dom
/** Whatever a mail holds, only text of it is shown, with its links and its code. */
import { expect, test } from "vitest";
import { bitsOf, documentBlocks, hostOf, textBlocks, withoutHandlers } from "./letter";

const parse = (html: string) => new DOMParser().parseFromString(html, "text/html");
const words = (html: string) =>
  documentBlocks(parse(html)).map((block) => block.bits.map((bit) => bit.text).join(""));

test("links are taken apart without the stop after them", () => {
  expect(bitsOf("see https://example.com/a?b=1. Bye")).toEqual([
    { kind: "text", text: "see " },
    { kind: "link", text: "https://example.com/a?b=1", address: "https://example.com/a?b=1" },
    { kind: "text", text: ". Bye" },
  ]);
});

test("a code is found wherever it stands, not inside of a link", () => {
  const kinds = bitsOf("481920 or https://x.test/481920 is 481920", "481920").map((bit) => bit.kind);
  expect(kinds).toEqual(["code", "text", "link", "text", "code"]);
});

test("quotations keep their level", () => {
  const blocks = textBlocks("Hello\r\n\r\n> one\r\n>> two\r\nend");
  expect(blocks.map((block) => [block.quote, block.bits.map((bit) => bit.text).join("")])).toEqual([
    [0, "Hello"],
    [1, "one"],
    [2, "two"],
    [0, "end"],
  ]);
});

test("scripts, styles, pictures and hidden parts leave nothing behind", () => {
  const html = `<head><title>t</title><style>p{}</style></head><body onload="alert(1)"><script>alert(2)</script>
    <div style="display: none">hidden</div><p>Shown <img src="https://tracker.test/x.png" alt="pixel"></p></body>`;
  expect(words(html)).toEqual(["Shown "]);
});

test("blocks, breaks, lists and quotations stay apart", () => {
  const html = "<h1>Title</h1><p>a<br>b</p><ul><li>one</li><li>two</li></ul><blockquote>said</blockquote>";
  const blocks = documentBlocks(parse(html));
  expect(blocks.map((block) => [block.kind, block.quote])).toEqual([
    ["heading", 0],
    ["paragraph", 0],
    ["item", 0],
    ["item", 0],
    ["paragraph", 1],
  ]);
  expect(words(html)[1]).toBe("a\nb");
});

test("a link keeps its address, and leads to the web or a mailbox only", () => {
  const bits = documentBlocks(
    parse('<a href="https://x.test/v">Verify</a> <a href="javascript:alert(1)">Run</a>'),
  )[0]?.bits;
  expect(bits?.[0]).toEqual({ kind: "link", text: "Verify", address: "https://x.test/v" });
  expect(bits?.at(-1)).toEqual({ kind: "text", text: "Run" });
});

test("the host of a link", () => {
  expect(hostOf("https://a.test:8443/x")).toBe("a.test:8443");
  expect(hostOf("mailto:a@b.test")).toBe("a@b.test");
  expect(hostOf("nonsense")).toBe("");
});

test("handlers are taken out of tags, and nothing out of the text between them", () => {
  expect(withoutHandlers('<img src=a onerror="x()"/onload=y>')).toBe(
    '<img src=a data-onerror="x()"/data-onload=y>',
  );
  expect(withoutHandlers("<p title='a'ONCLICK = z>go one = 1</p>")).toBe(
    "<p title='a'data-onCLICK = z>go one = 1</p>",
  );
});
