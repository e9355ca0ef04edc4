/**
 * Places between the lines of an editor: room is made in the text, and an overlay of the page's own elements is laid
 * over it, so that boxes can be clicked and typed into. Each is as high as what it holds.
 */

import { type ComponentChild, render } from "preact";
import type { CodeEditor } from "../monaco";

/** What is to stand after a line; line 0 is above the first one. */
export interface Item {
  key: string;
  line: number;
  content: ComponentChild;
}

const LEAST = 24;

/** All places of one editor. */
export class Zones {
  readonly #editor: CodeEditor;
  readonly #zones = new Map<string, Zone>();
  readonly #layout: { dispose(): void };

  constructor(editor: CodeEditor) {
    this.#editor = editor;
    this.#layout = editor.onDidLayoutChange(() => {
      for (const zone of this.#zones.values()) zone.arrange();
    });
  }

  /** Shows these items and no others; what was there stays, with its focus and what was typed. */
  show(items: readonly Item[]): void {
    const wanted = new Set(items.map((item) => item.key));
    for (const [key, zone] of this.#zones) {
      if (wanted.has(key)) continue;
      zone.dispose();
      this.#zones.delete(key);
    }
    for (const item of items) {
      const zone = this.#zones.get(item.key) ?? new Zone(this.#editor, item.key);
      this.#zones.set(item.key, zone);
      zone.show(item);
    }
  }

  /** Makes room again after the editor was given another text, which forgets all room. */
  renew(): void {
    for (const zone of this.#zones.values()) zone.renew();
  }

  dispose(): void {
    this.show([]);
    this.#layout.dispose();
  }
}

class Zone {
  readonly #editor: CodeEditor;
  readonly #overlay = document.createElement("div");
  readonly #inner = document.createElement("div");
  readonly #watch: ResizeObserver;
  readonly #widget: { getId(): string; getDomNode(): HTMLElement; getPosition(): null };
  #room = "";
  #line = -1;
  #height = LEAST;

  constructor(editor: CodeEditor, key: string) {
    this.#editor = editor;
    this.#overlay.className = "zone";
    this.#overlay.append(this.#inner);
    for (const name of ["keydown", "keyup", "keypress", "mousedown", "wheel"]) {
      this.#overlay.addEventListener(name, (event) => {
        if (name !== "wheel" || overText(event)) event.stopPropagation();
      });
    }
    this.#widget = {
      getId: () => `zone-${key}`,
      getDomNode: () => this.#overlay,
      getPosition: () => null,
    };
    editor.addOverlayWidget(this.#widget);
    this.#watch = new ResizeObserver(() => this.#measure());
    this.#watch.observe(this.#inner);
  }

  show(item: Item): void {
    render(item.content, this.#inner);
    const moved = item.line !== this.#line;
    this.#line = item.line;
    this.arrange();
    if (moved) this.renew();
  }

  renew(): void {
    const line = Math.min(this.#line, this.#editor.getModel()?.getLineCount() ?? 0);
    this.#editor.changeViewZones((zones) => {
      if (this.#room !== "") zones.removeZone(this.#room);
      this.#room = zones.addZone({
        afterLineNumber: line,
        heightInPx: this.#height,
        domNode: document.createElement("div"),
        suppressMouseDown: true,
        onDomNodeTop: (top) => {
          this.#overlay.style.top = `${top}px`;
        },
        onComputedHeight: (height) => {
          this.#overlay.style.height = `${height}px`;
        },
      });
    });
  }

  /** Gives the box the width of the text that is in sight. */
  arrange(): void {
    const { contentLeft, contentWidth, verticalScrollbarWidth } = this.#editor.getLayoutInfo();
    const left = Math.min(contentLeft, 64);
    this.#overlay.style.left = `${left}px`;
    const width = contentLeft - left + contentWidth - verticalScrollbarWidth;
    this.#overlay.style.width = `${Math.max(0, width)}px`;
  }

  #measure(): void {
    const height = Math.max(LEAST, Math.ceil(this.#inner.getBoundingClientRect().height));
    if (height === this.#height) return;
    this.#height = height;
    if (this.#line >= 0) this.renew();
  }

  dispose(): void {
    this.#watch.disconnect();
    this.#editor.changeViewZones((zones) => zones.removeZone(this.#room));
    this.#editor.removeOverlayWidget(this.#widget);
    render(null, this.#inner);
  }
}

/** A wheel turned over a text that itself scrolls belongs to that text. */
function overText(event: Event): boolean {
  const { target } = event;
  return target instanceof HTMLTextAreaElement && target.scrollHeight > target.clientHeight;
}
