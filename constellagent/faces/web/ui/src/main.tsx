/** Where the page begins: styles, the theme and the keyboard first, then who looks, then everything else. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/shell.css";
import "./styles/agent.css";
import "./styles/over.css";
import { render } from "preact";
import { App } from "./app";
import { fetchAhead } from "./shell/ahead";
import { startKeys } from "./shell/keys";
import { route, startRouter } from "./shell/router";
import { ask } from "./shell/talk";
import { startTheme } from "./shell/theme";
import { codeIn, meet } from "./shell/who";

const login = codeIn(location.hash);
// The code is of no use a second time, and does not belong into the history of a browser.
if (login !== null) history.replaceState(null, "", login.to);

startTheme();
startKeys();
startRouter((reason) => ask({ title: "Leave this?", text: reason, yes: "Leave", danger: true }));

const place = document.getElementById("page");
if (place !== null) render(<App />, place);
const met = meet(login?.code ?? null);
fetchAhead(route.peek(), login === null ? Promise.resolve() : met);
