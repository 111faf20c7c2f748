import type { FieldError } from "./schema.js";

const URN = "urn:lumosai:problem:";
const LONGEST = 2000;

/** The service was not reached, was too slow, or cut the connection. */
export class ConnectionFailedError extends Error {
  override readonly name = "ConnectionFailedError";
}

/** The members of a problem (RFC 9457). `code` is stable; `hint` is the next thing to do; `retryAfter` is in seconds. */
export interface ProblemMembers {
  status: number;
  code: string;
  title: string;
  detail: string;
  type: string;
  hint?: string;
  errors: FieldError[];
  requestId?: string;
  runId?: string;
  retryAfter?: number;
}

/** The service answered with an error: a problem, an error of OpenAI's shape, or what something in between said. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: ProblemMembers;

  constructor(problem: ProblemMembers) {
    super(`${problem.status} ${problem.code}: ${problem.detail}${problem.hint ? `\n  hint: ${problem.hint}` : ""}`);
    this.problem = problem;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  get runId(): string | undefined {
    return this.problem.runId;
  }
}

/** Return the error that an answer is. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const body = await response.text().catch(() => "");
  const found = parsed(body);
  const told = isObject(found["error"]) ? { detail: found["error"]["message"], code: found["error"]["code"] } : found;
  const code = text(told, "code") ?? `http_${response.status}`;
  const title = text(told, "title") ?? (response.statusText || "Error");
  return new ProblemError({
    status: response.status,
    code,
    title,
    detail: text(told, "detail") ?? (body.slice(0, LONGEST) || title),
    type: text(told, "type") ?? URN + code,
    errors: Array.isArray(told["errors"]) ? (told["errors"] as FieldError[]) : [],
    ...given("hint", text(told, "hint")),
    ...given("requestId", text(told, "request_id") ?? response.headers.get("x-request-id") ?? undefined),
    ...given("runId", text(told, "run_id") ?? response.headers.get("x-lumos-run") ?? undefined),
    ...given("retryAfter", seconds(response.headers.get("retry-after"))),
  });
}

/** Return the error that the data of an `error` event tells of. */
export function streamProblem(data: unknown, runId?: string): ProblemError {
  const outer = isObject(data) ? data : {};
  const told = isObject(outer["error"]) ? outer["error"] : outer;
  const code = text(told, "code") ?? "error";
  return new ProblemError({
    status: 200,
    code,
    title: "Error",
    detail: text(told, "message") ?? "the stream failed",
    type: URN + code,
    errors: [],
    ...given("hint", text(told, "hint")),
    ...given("runId", runId),
  });
}

function parsed(body: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(body);
    return isObject(found) ? found : {};
  } catch {
    return {};
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(told: Record<string, unknown>, name: string): string | undefined {
  const value = told[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function given<K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [name]: value } as Record<K, V>);
}

/** Return how long a `Retry-After` (RFC 9110, section 10.2.3) asks to wait. */
function seconds(value: string | null): number | undefined {
  if (value === null || value === "") return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, (at - Date.now()) / 1000);
}
