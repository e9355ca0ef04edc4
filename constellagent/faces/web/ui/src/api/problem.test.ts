/** Every answer of failure becomes something that a person can read. */
import { expect, test } from "vitest";
import { explain, Problem, readProblem } from "./problem";

test("problem details keep the message, the hint, the kind and the rest", () => {
  const body = {
    type: "about:blank",
    title: "Conflict",
    detail: "it changed",
    hint: "look",
    kind: "ConflictError",
    version: "v2",
  };
  const problem = readProblem(409, "application/problem+json", JSON.stringify(body));
  expect(problem).toMatchObject({ status: 409, message: "it changed", hint: "look", kind: "ConflictError" });
  expect(problem.details.version).toBe("v2");
});

test("what is no problem details still has a message", () => {
  expect(readProblem(502, "text/html", "<h1>oops</h1>").message).toBe("the daemon answered 502");
  expect(readProblem(500, "application/json", "{broken").message).toBe("the daemon answered 500");
  expect(readProblem(500, "application/json", "null").message).toBe("the daemon answered 500");
});

test("only a missing answer counts as unreachable", () => {
  expect(new Problem(0, "x").unreachable).toBe(true);
  expect(new Problem(503, "x").unreachable).toBe(false);
});

test("anything thrown can be told", () => {
  expect(explain(new Problem(409, "a", "b"))).toEqual({ text: "a", hint: "b" });
  expect(explain(new Error("c"))).toEqual({ text: "c", hint: "" });
  expect(explain("d").text).toBe("d");
});
