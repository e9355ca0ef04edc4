// @vitest-environment happy-dom
/** The page shows its secret in a header and in a subprotocol, and none after it was forgotten. */
import { expect, test } from "vitest";
import { keepSecret, pageHeader, pageProtocols } from "./secret";

test("a browser that is not logged in still says that a page asks", () => {
  expect(pageHeader()).toEqual({ "X-Constellagent": "1" });
  expect(pageProtocols()).toEqual(["constellagent"]);
});

test("the secret of a login is sent until it is forgotten", () => {
  keepSecret("s3cret");
  expect(pageHeader()).toEqual({ "X-Constellagent": "s3cret" });
  expect(pageProtocols()).toEqual(["constellagent", "page.s3cret"]);
  keepSecret("");
  expect(pageHeader()).toEqual({ "X-Constellagent": "1" });
});

test("another tab that logs in does so for this one too", () => {
  localStorage.setItem("constellagent.login", "theirs");
  expect(pageHeader()).toEqual({ "X-Constellagent": "theirs" });
});
