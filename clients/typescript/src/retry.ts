import { ConnectionFailedError, problemOf, type ProblemError } from "./problem.js";

/** How often what came to nothing is tried again, and the longest wait, in seconds, that the service may ask for. */
export interface Retries {
  attempts: number;
  longest: number;
}

const FIRST = 0.25;
const LONGEST = 8;
// Told before anything was done, whatever the problem says of a run.
const REFUSALS = new Set([
  "auth_unavailable",
  "plugin_unavailable",
  "request_under_way",
  "stopping",
  "storage",
  "too_many_requests",
]);

type Fetch = (request: Request) => Promise<Response>;

/**
 * Return a `fetch` that throws problems, and sends again what may be sent again: what was refused for now (429, 503), and
 * what met a broken connection and does no more twice than once. A run that was made and failed is not started anew.
 */
export function retrying(fetcher: Fetch, retries: Retries, timeout: number): Fetch {
  return async (first) => {
    const request = keyed(first);
    for (let done = 1; ; done += 1) {
      let wait: number | undefined;
      try {
        const response = await once(fetcher, request.clone(), timeout);
        if (response.ok) return response;
        const problem = await problemOf(response);
        wait = afterProblem(problem, done, retries);
        if (wait === undefined) throw problem;
      } catch (error) {
        if (request.signal.aborted || !(error instanceof ConnectionFailedError)) throw error;
        if (done > retries.attempts || !isRepeatable(request)) throw error;
        wait = backoff(done);
      }
      await pause(wait, request.signal);
    }
  };
}

/** Return a wait in seconds that doubles with every attempt, up to a limit, and differs between callers. */
export function backoff(done: number): number {
  return Math.min(LONGEST, FIRST * 2 ** Math.min(done - 1, 16)) * (0.5 + Math.random() / 2);
}

/** Wait, in seconds. Throws the signal's reason when it is aborted meanwhile. */
export async function pause(seconds: number, signal?: AbortSignal | null): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, seconds * 1000);
    signal?.addEventListener("abort", end);
  });
  signal?.throwIfAborted();
}

async function once(fetcher: Fetch, request: Request, timeout: number): Promise<Response> {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), timeout * 1000);
  const signal = AbortSignal.any([request.signal, slow.signal]);
  try {
    return await fetcher(new Request(request, { signal, redirect: "error" }));
  } catch (error) {
    if (request.signal.aborted) throw error;
    const why = slow.signal.aborted ? `no answer within ${timeout} s` : reason(error);
    throw new ConnectionFailedError(`${request.method} ${new URL(request.url).pathname}: ${why}`);
  } finally {
    clearTimeout(timer);
  }
}

function reason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const told = cause instanceof Error ? cause : error;
  return told instanceof Error ? told.message : "failed";
}

/** A POST of the service's own that comes twice with one key is done once; what plugins serve promises nothing. */
function keyed(request: Request): Request {
  if (request.method !== "POST" || isPlugins(request) || request.headers.has("idempotency-key")) return request;
  const out = new Request(request);
  out.headers.set("idempotency-key", crypto.randomUUID());
  return out;
}

function isRepeatable(request: Request): boolean {
  if (request.method === "POST" || request.method === "PATCH") return request.headers.has("idempotency-key");
  return true;
}

function isPlugins(request: Request): boolean {
  return new URL(request.url).pathname.includes("/plugins/") && !request.url.includes("/v1/plugins/");
}

function afterProblem({ problem }: ProblemError, done: number, retries: Retries): number | undefined {
  const isRefusal = problem.runId === undefined || REFUSALS.has(problem.code);
  const isPassing =
    problem.status === 409 ? problem.code === "request_under_way" : [429, 503].includes(problem.status) && isRefusal;
  if (done > retries.attempts || !isPassing) return undefined;
  if (problem.retryAfter === undefined) return backoff(done);
  if (problem.retryAfter > retries.longest) return undefined;
  return problem.retryAfter + Math.random() * (0.1 + problem.retryAfter / 10);
}
