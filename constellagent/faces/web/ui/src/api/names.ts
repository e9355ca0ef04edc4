/**
 * Names and paths in addresses: a path that is no UTF-8 reaches the page with lone surrogates in the place of
 * its bytes (U+DC80 to U+DCFF), and goes back as those bytes, percent-encoded.
 */

const FIRST = 0xdc80;
const LAST = 0xdcff;

/** Returns text as it stands in a part of an address: UTF-8 percent-encoded, smuggled bytes as themselves. */
export function encodeName(text: string): string {
  let encoded = "";
  for (const one of text) {
    const code = one.codePointAt(0) ?? 0;
    if (code >= FIRST && code <= LAST) encoded += `%${(code - 0xdc00).toString(16).toUpperCase()}`;
    else encoded += encodeURIComponent(one.isWellFormed() ? one : "\ufffd");
  }
  return encoded;
}

/** Undoes `encodeName`; what is no valid percent-encoding stays as it is. */
export function decodeName(encoded: string): string {
  const parts = encoded.split(/((?:%[0-9a-fA-F]{2})+)/);
  return parts.map((part, at) => (at % 2 === 1 ? decodeBytes(part) : part)).join("");
}

function decodeBytes(escapes: string): string {
  const bytes = Uint8Array.from(escapes.slice(1).split("%"), (pair) => Number.parseInt(pair, 16));
  const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at] ?? 0);
    const sequence = bytes.subarray(at, at + length);
    try {
      if (sequence.length < length) throw new RangeError("cut short");
      text += strict.decode(sequence);
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      at += 1;
    }
  }
  return text;
}

function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

/** What a query may hold; undefined leaves the parameter out. */
export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** Returns a query with its question mark, or an empty text where nothing is asked for. */
export function encodeQuery(query: Query): string {
  const pairs: string[] = [];
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    const values = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
    for (const one of values) pairs.push(`${encodeName(key)}=${encodeName(one)}`);
  }
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

/** Returns the parameters of a query without its question mark; of repeated ones the last. */
export function decodeQuery(text: string): Record<string, string> {
  const query: Record<string, string> = {};
  for (const pair of text.split("&")) {
    if (pair === "") continue;
    const cut = pair.indexOf("=");
    const [key, value] = cut < 0 ? [pair, ""] : [pair.slice(0, cut), pair.slice(cut + 1)];
    query[decodeName(key)] = decodeName(value);
  }
  return query;
}
