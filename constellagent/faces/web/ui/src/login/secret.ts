/**
 * The secret of this page's login. The browser sends the cookie to every port of this machine, so the cookie alone
 * lets nobody in: the page adds what only it can read, since storage belongs to one port. It is read each time, so
 * that another tab that logs in anew does so for this one too, and it never stands in an address.
 */

import { keep, kept } from "../shell/kept";

const KEY = "login";
/** What a browser that is not logged in says instead: that a page asks, and no form. */
const NONE = "1";
const PROTOCOL = "constellagent";

/** Keeps the secret of a login; an empty one forgets it. */
export function keepSecret(secret: string): void {
  keep(KEY, secret);
}

/** The header with which every request of the page shows that it is the page's. */
export function pageHeader(): Record<string, string> {
  return { "X-Constellagent": kept(KEY) || NONE };
}

/** What a WebSocket offers in its place: it can have no header. */
export function pageProtocols(): string[] {
  const secret = kept(KEY);
  return secret ? [PROTOCOL, `page.${secret}`] : [PROTOCOL];
}
