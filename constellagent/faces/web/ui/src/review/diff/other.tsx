/** Both sides of a change that is no text on both: images beside each other, or what is known in words. */

import type { ContentView } from "../../api/schema";
import type { Pair } from "./contents";
import { side, size } from "./describe";

export function Images({ pair }: { pair: Pair }) {
  return (
    <div class="other">
      <Picture title="Before" content={pair.old} />
      <Picture title="After" content={pair.now} />
    </div>
  );
}

function Picture({ title, content }: { title: string; content: ContentView }) {
  return (
    <figure class="other-side">
      <figcaption>
        <b>{title}</b> <span class="dim">{side(content)}</span>
      </figcaption>
      {content.data !== null && content.data !== "" && (
        <img
          class="picture"
          alt={`${title}: ${content.path}`}
          src={`data:${content.media};base64,${content.data}`}
        />
      )}
    </figure>
  );
}

/** What is known of two sides that are not compared line by line. */
export function Facts({ pair }: { pair: Pair }) {
  const alike = pair.old.version !== "" && pair.old.version === pair.now.version;
  const grown = pair.now.size - pair.old.size;
  const both = [pair.old, pair.now].every(({ kind }) => kind === "binary" || kind === "large");
  return (
    <div class="other">
      <Fact title="Before" content={pair.old} />
      <Fact title="After" content={pair.now} />
      <p class="dim other-foot">
        {alike && "Both are the same."}
        {!alike &&
          both &&
          grown !== 0 &&
          `${size(Math.abs(grown))} ${grown > 0 ? "more" : "less"} than before.`}
        {!alike && both && grown === 0 && "Of the same size, with other contents."}
      </p>
    </div>
  );
}

function Fact({ title, content }: { title: string; content: ContentView }) {
  const text = content.kind === "text" && content.text !== null ? content.text : "";
  return (
    <section class="other-side">
      <h3>{title}</h3>
      <p class={content.kind === "absent" ? "faint" : ""}>{side(content)}</p>
      {text !== "" && <pre class="quote">{text.slice(0, 20_000)}</pre>}
    </section>
  );
}
