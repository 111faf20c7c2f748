import createClient, { defaultPathSerializer, type Client as Operations } from "openapi-fetch";
import { checked, type Address } from "./address.js";
import { eventsOf, type ServerSentEvent } from "./events.js";
import { ConnectionFailedError, ProblemError } from "./problem.js";
import { backoff, pause, retrying, type Retries } from "./retry.js";
import type { paths, RunBody, RunEvent } from "./schema.js";

/** How a client is made. `timeout` is in seconds, for the head of one answer: a run answers when it has stopped. */
export interface ClientOptions extends Address {
  timeout?: number;
  retries?: Partial<Retries>;
  fetch?: (request: Request) => Promise<Response>;
}

export interface FollowOptions {
  /** Events with a higher `seq`. */
  after?: number;
  /** How many connections in a row may bring nothing. */
  attempts?: number;
  signal?: AbortSignal;
}

interface Page<T> {
  data: T[];
  next_cursor?: string | null;
}

const OVER: readonly string[] = ["run.completed", "run.failed", "run.cancelled"];
const STOPPED: readonly string[] = [...OVER, "run.suspended"];

/**
 * A LumosAI service. `api` has every operation by its path; a problem is thrown as `ProblemError`, so `data` is there
 * unless the operation answers with nothing.
 */
export class LumosClient {
  readonly api: Operations<paths, "application/json">;
  readonly baseUrl: string;
  readonly #fetch: (request: Request) => Promise<Response>;
  readonly #headers: Record<string, string>;

  constructor(options: ClientOptions) {
    this.baseUrl = checked(options);
    this.#headers = options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
    const retries = { attempts: 3, longest: 60, ...options.retries };
    const fetcher = options.fetch ?? ((request: Request) => globalThis.fetch(request));
    this.#fetch = retrying(fetcher, retries, options.timeout ?? 600);
    this.api = createClient<paths, "application/json">({
      baseUrl: this.baseUrl,
      headers: this.#headers,
      fetch: this.#fetch,
      pathSerializer: safePath,
    });
  }

  /** Run an agent and yield its events. Leaving the loop cancels the run. */
  async *runEvents(agent: string, body: RunBody, signal?: AbortSignal): AsyncGenerator<RunEvent, void, void> {
    const path = safePath("/v1/agents/{agent}/runs", { agent });
    for await (const { data } of this.events<RunEvent>(path, { ...body, stream: true }, signal)) yield data;
  }

  /**
   * Yield a run's events, recorded ones first, until the run stops. A connection that breaks is made again where it was,
   * so that no event is missed or told twice; pieces of text (`model.delta`) are not recorded, and those of the time in
   * between are in `model.completed`.
   */
  async *followRun(runId: string, options: FollowOptions = {}): AsyncGenerator<RunEvent, void, void> {
    const { signal, attempts = 10 } = options;
    let seq = options.after ?? 0;
    let last = "";
    for (let idle = 0; ; ) {
      let broke: unknown;
      try {
        const headers = { "last-event-id": String(seq) };
        const path = safePath("/v1/runs/{run_id}/events", { run_id: runId });
        for await (const { data } of this.events<RunEvent>(path, undefined, signal, headers)) {
          if (data.seq <= seq) continue;
          [seq, last, idle] = [data.seq, data.type, 0];
          yield data;
        }
      } catch (error) {
        if (!isBreak(error)) throw error;
        broke = error;
      }
      if (OVER.includes(last) || (broke === undefined && (await this.#hasStopped(runId, last)))) return;
      idle += 1;
      if (idle > attempts) {
        throw broke ?? new ConnectionFailedError(`the events of ${runId} end again and again, and it goes on`);
      }
      await pause(backoff(idle), signal);
    }
  }

  /** Yield what any operation streams: a POST with *body*, or a GET without one. */
  async *events<T>(
    path: string,
    body?: object,
    signal?: AbortSignal,
    headers: Record<string, string> = {},
  ): AsyncGenerator<ServerSentEvent<T>, void, void> {
    const stop = new AbortController();
    const request = new Request(this.baseUrl + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...this.#headers,
        ...headers,
        accept: "text/event-stream",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    try {
      yield* eventsOf<T>(await this.#fetch(request));
    } finally {
      stop.abort();
    }
  }

  /** Yield the entries of every page. *fetch* asks for the page at a cursor. */
  async *pages<T>(
    fetch: (cursor: string | undefined) => Promise<{ data?: Page<T> }>,
  ): AsyncGenerator<T, void, void> {
    let cursor: string | undefined;
    do {
      const { data } = await fetch(cursor);
      yield* data?.data ?? [];
      cursor = data?.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  async #hasStopped(runId: string, last: string): Promise<boolean> {
    if (STOPPED.includes(last)) return true;
    const { data } = await this.api.GET("/v1/runs/{run_id}", { params: { path: { run_id: runId } } });
    return data !== undefined && data.status !== "running";
  }
}

function isBreak(error: unknown): boolean {
  return error instanceof ConnectionFailedError || (error instanceof ProblemError && error.status === 200);
}

/** Ids become one segment each. Throws for one that would make another path of it. */
function safePath(path: string, ids: Record<string, unknown>): string {
  for (const id of Object.values(ids)) {
    if (["", ".", ".."].includes(String(id))) throw new TypeError(`${JSON.stringify(id)} is no id`);
  }
  return defaultPathSerializer(path, ids);
}
