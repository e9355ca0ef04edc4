/** What is open over the page: the drawer of places on a narrow screen, and the one dialog of the shell. */

import { signal } from "@preact/signals";

/** Whether the places are drawn over the page, where it is too narrow to hold them beside it. */
export const drawer = signal(false);

/** What the shell shows above everything else. */
export type Overlay =
  | { readonly kind: "none" }
  | { readonly kind: "palette" }
  | { readonly kind: "keys" }
  | { readonly kind: "restart"; readonly constellation: string; readonly agent: string }
  | { readonly kind: "send"; readonly constellation: string; readonly agent: string; readonly text?: string }
  | { readonly kind: "run"; readonly constellation: string; readonly agent: string };

export const overlay = signal<Overlay>({ kind: "none" });

/** Closes whatever the shell shows above everything else. */
export function closeOverlay(): void {
  overlay.value = { kind: "none" };
}
