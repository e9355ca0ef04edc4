/** The body of a mail or text on the page: its blocks, made of elements of our own. */

import { useMemo } from "preact/hooks";
import { CopyButton } from "../shell/parts";
import { type Bit, type Block, documentBlocks, hostOf, textBlocks, withoutHandlers } from "./letter";

interface Policies {
  createPolicy: (name: string, rules: { createHTML: (text: string) => string }) => typeof rules;
}

/** Makes a document of HTML that runs and fetches nothing: it belongs to no window. */
function inert(html: string): Document {
  // Where the browser guards what becomes a document, this is the one place that may make one of a mail;
  // nothing of it but text is taken over into the page.
  const policies = (window as unknown as { trustedTypes?: Policies }).trustedTypes;
  const policy = policies?.createPolicy("page-mail", { createHTML: (text) => text });
  const text = withoutHandlers(html);
  return new DOMParser().parseFromString(policy?.createHTML(text) ?? text, "text/html");
}

/** Shows a mail: its text, and what its HTML says in words only where it has no text. */
export function Body({ text, html, code }: { text: string; html: string; code: string }) {
  const blocks = useMemo(
    () => (text.trim() !== "" ? textBlocks(text, code) : documentBlocks(inert(html), code)),
    [text, html, code],
  );
  if (blocks.length === 0) return <p class="faint">This mail has no text.</p>;
  return <div class="mail-body">{blocks.map((block, at) => lined(block, at))}</div>;
}

function lined(block: Block, key: number) {
  let shown = <BlockView key={key} block={block} />;
  for (let level = 0; level < Math.min(block.quote, 6); level += 1)
    shown = <blockquote key={key}>{shown}</blockquote>;
  return shown;
}

function BlockView({ block }: { block: Block }) {
  const bits = block.bits.map((bit, at) => <BitView key={`${at} ${bit.text}`} bit={bit} />);
  if (block.kind === "heading") return <h3>{bits}</h3>;
  return <p class={block.kind}>{bits}</p>;
}

function BitView({ bit }: { bit: Bit }) {
  if (bit.kind === "link") {
    const host = hostOf(bit.address);
    const named = bit.text.includes(host);
    return (
      <a href={bit.address} target="_blank" rel="noopener noreferrer" title={bit.address}>
        {bit.text}
        {!named && host && <span class="faint"> ({host})</span>}
      </a>
    );
  }
  if (bit.kind === "code") {
    return (
      <span class="code-mark">
        <code>{bit.text}</code>
        <CopyButton text={bit.text} what="the code" />
      </span>
    );
  }
  return <>{bit.text}</>;
}
