/**
 * A mail as something that can be shown without its HTML ever becoming part of the page: paragraphs of text,
 * links with their address, nothing that is fetched. Styles, pictures and scripts are left out.
 */

/** A piece of a line. */
export type Bit =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly address: string }
  | { readonly kind: "code"; readonly text: string };

/** A block of lines; `quote` counts the levels of quotation it stands in. */
export interface Block {
  readonly kind: "paragraph" | "heading" | "item" | "fixed";
  readonly quote: number;
  readonly bits: readonly Bit[];
}

const LINK = /https?:\/\/[^\s<>"'`)\]}]+[^\s<>"'`)\]}.,;:!?]/g;

/** Returns the text part of a mail as blocks: one for each paragraph, `>` taken as quotation. */
export function textBlocks(text: string, code = ""): Block[] {
  const blocks: Block[] = [];
  let lines: string[] = [];
  let level = 0;
  const flush = () => {
    if (lines.length > 0) blocks.push({ kind: "fixed", quote: level, bits: bitsOf(lines.join("\n"), code) });
    lines = [];
  };
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const mark = /^(?:> ?)*/.exec(line)?.[0] ?? "";
    const quote = mark.replaceAll(" ", "").length;
    const rest = line.slice(mark.length);
    if (quote !== level || rest.trim() === "") flush();
    level = quote;
    if (rest.trim() !== "") lines.push(rest);
  }
  flush();
  return blocks;
}

/** Returns text with its links and the code in it taken apart. */
export function bitsOf(text: string, code = ""): Bit[] {
  const bits: Bit[] = [];
  let from = 0;
  for (const found of text.matchAll(LINK)) {
    bits.push(...codeBits(text.slice(from, found.index), code));
    bits.push({ kind: "link", text: found[0], address: found[0] });
    from = found.index + found[0].length;
  }
  return [...bits, ...codeBits(text.slice(from), code)];
}

function codeBits(text: string, code: string): Bit[] {
  if (text === "") return [];
  if (code === "" || !text.includes(code)) return [{ kind: "text", text }];
  return text.split(code).flatMap((part, at): Bit[] => {
    const plain: Bit[] = part === "" ? [] : [{ kind: "text", text: part }];
    return at === 0 ? plain : [{ kind: "code", text: code }, ...plain];
  });
}

/**
 * Returns HTML whose elements have no event handlers. None of them would ever run, but making a document of
 * them counts as an attempt to, and the browser would tell of it as of a fault of the page.
 */
export function withoutHandlers(html: string): string {
  return html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/([\s/"'])on(?=[a-z]+\s*=)/gi, "$1data-on"));
}

const LEFT_OUT = new Set([
  "SCRIPT",
  "STYLE",
  "HEAD",
  "TITLE",
  "TEMPLATE",
  "IFRAME",
  "OBJECT",
  "SVG",
  "NOSCRIPT",
  "FORM",
]);
const HEADINGS = new Set(["H1", "H2", "H3", "H4", "H5", "H6"]);
const BREAKING = new Set([
  ...[
    "P",
    "DIV",
    "TR",
    "TABLE",
    "TBODY",
    "UL",
    "OL",
    "SECTION",
    "ARTICLE",
    "HEADER",
    "FOOTER",
    "CENTER",
    "HR",
    "BODY",
  ],
  ...["BLOCKQUOTE", "LI", "PRE", "DT", "DD", "DL", "ADDRESS", ...HEADINGS],
]);

/** Returns an HTML mail, parsed into a document that runs and fetches nothing, as blocks. */
export function documentBlocks(mail: Document, code = ""): Block[] {
  const reader = new Reader(code);
  reader.read(mail.body, { kind: "paragraph", quote: 0 });
  return reader.done();
}

type Place = Pick<Block, "kind" | "quote">;

class Reader {
  private readonly blocks: Block[] = [];
  private bits: Bit[] = [];
  private place: Place = { kind: "paragraph", quote: 0 };

  constructor(private readonly code: string) {}

  done(): Block[] {
    this.flush();
    return this.blocks;
  }

  read(node: Node, place: Place): void {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) this.text(child.textContent ?? "", place);
      else if (child.nodeType === 1) this.element(child as Element, place);
    }
  }

  private element(element: Element, place: Place): void {
    const name = element.tagName.toUpperCase();
    if (LEFT_OUT.has(name) || isHidden(element)) return;
    if (name === "BR") this.bits.push({ kind: "text", text: "\n" });
    else if (name === "A") this.link(element, place);
    else if (BREAKING.has(name)) {
      this.flush();
      this.read(element, inside(name, place));
      this.flush();
    } else this.read(element, place);
    if (name === "TD" || name === "TH") this.text(" ", place);
  }

  private link(element: Element, place: Place): void {
    const address = element.getAttribute("href")?.trim() ?? "";
    const text = flat(element.textContent ?? "").trim();
    if (text === "") return;
    if (/^(https?|mailto):/i.test(address)) {
      this.at(place);
      this.bits.push({ kind: "link", text, address });
    } else this.text(text, place);
  }

  private text(text: string, place: Place): void {
    const shown = place.kind === "fixed" ? text : flat(text);
    if (shown === "" || (shown === " " && this.bits.length === 0)) return;
    this.at(place);
    this.bits.push(...codeBits(shown, this.code));
  }

  private at(place: Place): void {
    if (this.bits.length === 0) this.place = place;
  }

  private flush(): void {
    if (this.bits.some((bit) => bit.text.trim() !== "")) this.blocks.push({ ...this.place, bits: this.bits });
    this.bits = [];
  }
}

function inside(name: string, place: Place): Place {
  if (name === "BLOCKQUOTE") return { ...place, quote: place.quote + 1 };
  if (name === "LI") return { ...place, kind: "item" };
  if (name === "PRE") return { ...place, kind: "fixed" };
  return HEADINGS.has(name) ? { ...place, kind: "heading" } : place;
}

/** Preheaders that only a preview shows, and the pixels that count who reads. */
function isHidden(element: Element): boolean {
  const style = (element.getAttribute("style") ?? "").replace(/\s/g, "").toLowerCase();
  return (
    element.hasAttribute("hidden") || style.includes("display:none") || style.includes("visibility:hidden")
  );
}

function flat(text: string): string {
  return text.replace(/[\s\u00a0]+/g, " ");
}

/** Returns only the host of an address, for a hint of where a link leads. */
export function hostOf(address: string): string {
  try {
    const url = new URL(address);
    return url.protocol === "mailto:" ? url.pathname : url.host;
  } catch {
    return "";
  }
}
