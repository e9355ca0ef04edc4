/** What an answer of failure says: problem details (RFC 9457) as one error that every view can show. */

/** A request that failed: `status` is 0 where the daemon could not be reached at all. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    /** The HTTP status, 0 where there was no answer. */
    readonly status: number,
    message: string,
    /** What the reader can do about it; may be empty. */
    readonly hint: string = "",
    /** The name of the error, such as `ConflictError`; may be empty. */
    readonly kind: string = "",
    /** Everything else that the answer said. */
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  /** Whether the daemon could not be reached, so that nothing is known. */
  get unreachable(): boolean {
    return this.status === 0;
  }
}

/** Reads an answer of failure, whatever it is made of. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => "");
  return readProblem(response.status, response.headers.get("content-type") ?? "", text);
}

/** Makes a problem of the parts of an answer. */
export function readProblem(status: number, type: string, text: string): Problem {
  const plain = new Problem(status, `the daemon answered ${status}`);
  if (!type.includes("json")) return plain;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return plain;
  }
  if (typeof body !== "object" || body === null) return plain;
  const { title, detail, hint, kind, ...rest } = body as Record<string, unknown>;
  const message = said(detail) || said(title) || plain.message;
  return new Problem(status, message, said(hint), said(kind), rest);
}

function said(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Returns what to tell about anything that was thrown. */
export function explain(error: unknown): { text: string; hint: string } {
  if (error instanceof Problem) return { text: error.message, hint: error.hint };
  return { text: error instanceof Error ? error.message : String(error), hint: "" };
}
