/** Dark or light: as the machine says, or as a person chose here, which is kept in this browser. */

import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { keep, kept } from "./kept";

export type Choice = "system" | "dark" | "light";

const KEY = "theme";
const dark = matchMedia("(prefers-color-scheme: dark)");
const systemDark = signal(dark.matches);

/** What a person chose. */
export const choice = signal<Choice>(readChoice());
/** What is shown. */
export const theme: ReadonlySignal<"dark" | "light"> = computed(() => {
  if (choice.value !== "system") return choice.value;
  return systemDark.value ? "dark" : "light";
});

/** Shows the theme from now on, and follows the machine's. */
export function startTheme(): void {
  dark.addEventListener("change", () => {
    systemDark.value = dark.matches;
  });
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    keep(KEY, choice.value);
  });
}

/** Goes from the machine's choice to the other theme, to this one, and back. */
export function nextTheme(): void {
  const other: Choice = systemDark.value ? "light" : "dark";
  const same: Choice = systemDark.value ? "dark" : "light";
  choice.value = choice.value === "system" ? other : choice.value === other ? same : "system";
}

function readChoice(): Choice {
  const stored = kept(KEY);
  return stored === "dark" || stored === "light" ? stored : "system";
}
