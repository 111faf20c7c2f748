// Talks to the host at process.argv[2], and prints what it found as JSON: every operation once, streams, problems, pages.
import { LumosClient, LumosSocket, ProblemError, type RunEvent } from "../src/index.js";

declare const process: { argv: string[]; stdout: { write(text: string): void } };

interface Seen {
  method: string;
  path: string;
  status: number;
  type: string;
  body: string;
}

const [, , url = "", key = "", act = ""] = process.argv;
const seen: Seen[] = [];

async function looking(request: Request): Promise<Response> {
  const response = await fetch(request);
  const type = response.headers.get("content-type") ?? "";
  const body = type.startsWith("text/event-stream") ? "" : await response.clone().text();
  seen.push({ method: request.method, path: new URL(request.url).pathname, status: response.status, type, body });
  return response;
}

const client = new LumosClient({ baseUrl: url, apiKey: key, fetch: looking, retries: { attempts: 0 } });
const { api } = client;

async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of found) out.push(item);
  return out;
}

async function problem(promise: Promise<unknown>): Promise<ProblemError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function has<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("nothing came");
  return value;
}

const hello = [{ role: "user" as const, content: "hello" }];
const run = (agent: string, input: string) =>
  api.POST("/v1/agents/{agent_id}/runs", { params: { path: { agent_id: agent } }, body: { input } });

async function operations(): Promise<void> {
  await api.GET("/");
  await api.GET("/healthz");
  await api.GET("/readyz");
  await api.GET("/metrics", { parseAs: "text" });
  await api.GET("/openapi.json");
  await api.GET("/asyncapi.json");
  await api.GET("/docs", { parseAs: "text" });
  await api.GET("/v1/agents");
  await api.GET("/v1/agents/{agent_id}", { params: { path: { agent_id: "echo" } } });
  await runs();
  await threads();
  await openai();
  await tools();
  await plugins();
}

async function runs(): Promise<void> {
  const run_id = has((await run("echo", "hello")).data).run_id;
  const path = { run_id };
  await api.GET("/v1/runs", { params: { query: { limit: 1, status: "completed" } } });
  await api.GET("/v1/runs/{run_id}", { params: { path } });
  await api.GET("/v1/runs/{run_id}/events", { params: { path } });
  const waits = async () => ({ run_id: has((await run("waits", "6*7")).data).run_id });
  const first = await waits();
  const decisions = { none: { approve: true } };
  await problem(api.POST("/v1/runs/{run_id}/resume", { params: { path: first }, body: { decisions } }));
  await api.POST("/v1/runs/{run_id}/approve", { params: { path: first }, body: {} });
  await api.POST("/v1/runs/{run_id}/decline", { params: { path: await waits() }, body: { reason: "no" } });
  await api.POST("/v1/runs/{run_id}/cancel", { params: { path: await waits() } });
}

async function threads(): Promise<void> {
  await api.GET("/v1/threads", { params: { query: { limit: 5 } } });
  const thread_id = has((await api.POST("/v1/threads", { body: { title: "New" } })).data).id;
  const params = { path: { thread_id } };
  await api.POST("/v1/threads/{thread_id}/messages", { params, body: { messages: hello } });
  await api.GET("/v1/threads/{thread_id}", { params });
  await api.PATCH("/v1/threads/{thread_id}", { params, body: { title: "Newer" } });
  await api.GET("/v1/threads/{thread_id}/messages", { params });
  await api.DELETE("/v1/threads/{thread_id}", { params });
}

async function openai(): Promise<void> {
  await api.POST("/v1/chat/completions", { body: { model: "echo", messages: hello } });
  const response_id = has((await api.POST("/v1/responses", { body: { model: "echo", input: "hello" } })).data).id;
  const response = { path: { response_id } };
  await api.GET("/v1/responses/{response_id}", { params: response });
  await api.GET("/v1/responses/{response_id}/input_items", { params: response });
  await problem(api.POST("/v1/responses/{response_id}/cancel", { params: response }));
  await api.DELETE("/v1/responses/{response_id}", { params: response });
  const conversation_id = has((await api.POST("/v1/conversations", { body: {} })).data).id;
  const params = { path: { conversation_id } };
  const items = [{ type: "message" as const, role: "user" as const, content: "hello" }];
  await api.POST("/v1/conversations/{conversation_id}/items", { params, body: { items } });
  const item_id = has(has((await api.GET("/v1/conversations/{conversation_id}/items", { params })).data).last_id);
  const item = { path: { conversation_id, item_id } };
  await api.GET("/v1/conversations/{conversation_id}/items/{item_id}", { params: item });
  await api.DELETE("/v1/conversations/{conversation_id}/items/{item_id}", { params: item });
  await api.POST("/v1/conversations/{conversation_id}", { params, body: { metadata: { a: "b" } } });
  await api.GET("/v1/conversations/{conversation_id}", { params });
  await api.DELETE("/v1/conversations/{conversation_id}", { params });
  await api.POST("/v1/embeddings", { body: { model: "vectors/tiny", input: ["a", "bc"] } });
  await api.GET("/v1/models");
  await api.GET("/v1/models/{model}", { params: { path: { model: "scripted/echo" } } });
  await api.GET("/v1/usage");
  await api.GET("/v1/usage/callers");
}

async function tools(): Promise<void> {
  await api.GET("/v1/tools");
  const params = { path: { tool_id: "calculator.evaluate" } };
  await api.GET("/v1/tools/{tool_id}", { params });
  await api.GET("/v1/tools/{tool_id}/schema", { params, parseAs: "json" });
  await api.POST("/v1/tools/{tool_id}/call", { params, body: { arguments: { expression: "6*7" } } });
  await api.GET("/v1/panels");
  await api.GET("/v1/panels/{panel_id}", { params: { path: { panel_id: "weather.now" } } });
}

async function plugins(): Promise<void> {
  await api.GET("/v1/plugins");
  await api.POST("/v1/plugins/refresh");
  const params = { path: { name: "time" } };
  await api.GET("/v1/plugins/{name}", { params });
  await api.GET("/v1/plugins/{name}/permissions", { params });
  await api.GET("/v1/plugins/{name}/health", { params });
  await api.POST("/v1/plugins/{name}/disable", { params });
  await api.POST("/v1/plugins/{name}/enable", { params });
  await api.POST("/v1/plugins/{name}/reload", { params });
  for await (const { event } of client.events("/v1/plugins/time/log")) if (event === "following") break;
  await api.GET("/v1/config/schema", { parseAs: "json" });
  const { response } = await api.GET("/v1/config");
  const header = { "If-Match": has(response.headers.get("etag")) };
  await api.PATCH("/v1/config", { params: { header }, body: { limits: { steps: 7 } } });
  const route = { path: { plugin: "p", path: "items/1" } };
  await api.GET("/plugins/{plugin}/{path}", { params: route, parseAs: "text" });
  await api.POST("/plugins/{plugin}/{path}", { params: route, parseAs: "text" });
  await api.PUT("/plugins/{plugin}/{path}", { params: route, parseAs: "text" });
  await api.PATCH("/plugins/{plugin}/{path}", { params: route, parseAs: "text" });
  await api.DELETE("/plugins/{plugin}/{path}", { params: route, parseAs: "text" });
}

async function streams(): Promise<object> {
  const texts: string[] = [];
  for await (const event of client.runEvents("echo", { input: "hello there" })) {
    if (event.type === "model.delta") texts.push(event.text);
  }
  const waits = has((await run("waits", "6*7")).data);
  const until = (await all(client.followRun(waits.run_id))).map((event) => event.type);
  await api.POST("/v1/runs/{run_id}/approve", { params: { path: { run_id: waits.run_id } }, body: {} });
  const after: RunEvent[] = await all(client.followRun(waits.run_id, { after: 2 }));
  const chunks = await all(client.events<{ choices: { delta: { content?: string } }[] }>("/v1/chat/completions", {
    model: "echo",
    messages: hello,
    stream: true,
  }));
  const chat = chunks.map(({ data }) => data.choices[0]?.delta.content ?? "").join("");
  return { texts, until, first: after[0]?.seq, last: after.at(-1)?.type, chat };
}

async function refusals(): Promise<object> {
  const missing = await problem(run("ecko", "x"));
  const wrong = await problem(run("echo", 7 as unknown as string));
  const openai = await problem(api.POST("/v1/chat/completions", { body: { model: "none", messages: hello } }));
  const nobody = new LumosClient({ baseUrl: url });
  const unknown = await problem(nobody.api.GET("/v1/runs"));
  const slow = new LumosClient({ baseUrl: url, apiKey: "slow", retries: { attempts: 3, longest: 0.5 } });
  await slow.api.GET("/v1/agents");
  await slow.api.GET("/v1/agents");
  const often = await problem(slow.api.GET("/v1/agents"));
  let path = "";
  try {
    await run("..", "x");
  } catch (error) {
    path = String(error);
  }
  let clear = "";
  try {
    new LumosClient({ baseUrl: "http://lumos.example", apiKey: "secret" });
  } catch (error) {
    clear = String(error);
  }
  return {
    missing: [missing.status, missing.code, missing.problem.requestId !== undefined],
    wrong: wrong.problem.errors.map(({ field }) => field),
    openai: openai.code,
    unknown: unknown.status,
    often: [often.status, (often.problem.retryAfter ?? 0) > 0.5],
    path,
    clear,
  };
}

async function pages(): Promise<object> {
  const made: string[] = [];
  for (let i = 0; i < 5; i += 1) made.unshift(has((await run("echo", `${i}`)).data).run_id);
  const listed = await all(client.pages((cursor) =>
    api.GET("/v1/runs", { params: { query: { limit: 2, ...(cursor === undefined ? {} : { cursor }) } } }),
  ));
  return { same: JSON.stringify(listed.map(({ id }) => id)) === JSON.stringify(made), asked: listed.length };
}

/** The wire breaks in the middle of an event; what follows goes on where it was. */
async function broken(): Promise<object> {
  const { run_id } = has((await run("waits", "6*7")).data);
  let connections = 0;
  const cutting = async (request: Request): Promise<Response> => {
    const response = await fetch(request);
    if (!request.url.includes("/events")) return response;
    connections += 1;
    if (connections === 2) throw new TypeError("fetch failed");
    return connections === 1 ? cut(response, 300) : response;
  };
  const through = new LumosClient({ baseUrl: url, apiKey: key, fetch: cutting, retries: { attempts: 0 } });
  const types = (await all(through.followRun(run_id))).map(({ seq, type }) => `${seq} ${type}`);
  const { data } = await api.GET("/v1/runs/{run_id}/events", { params: { path: { run_id } } });
  return { connections, same: JSON.stringify(types) === JSON.stringify(has(data).data.map((e) => `${e.seq} ${e.type}`)) };
}

function cut(response: Response, bytes: number): Response {
  let left = bytes;
  const cutter = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      controller.enqueue(piece.slice(0, left));
      left -= piece.length;
      if (left <= 0) controller.error(new TypeError("terminated"));
    },
  });
  return new Response(has(response.body).pipeThrough(cutter), response);
}

/** The first connection breaks after three frames; the next one goes on where it was. */
async function socket(): Promise<object> {
  let connections = 0;
  class Breaking extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols);
      connections += 1;
      let left = connections === 1 ? 4 : Infinity;
      this.addEventListener("message", () => {
        left -= 1;
        if (left === 0) this.close();
      });
    }
  }
  const { run_id } = has((await run("waits", "6*7")).data);
  const found = new LumosSocket({ baseUrl: url, apiKey: key, WebSocket: Breaking });
  found.subscribe(`run.${run_id}`);
  const ids: string[] = [];
  let last = "";
  for await (const frame of found) {
    if (frame.type === "problem") throw new Error(JSON.stringify(frame));
    if (frame.type !== "event") continue;
    ids.push(frame.id);
    last = frame.event.type;
    if (last === "run.suspended") found.decide({ run_id, decisions: await decided(run_id), stream: true });
    if (last === "run.completed") break;
  }
  return { connections, ordered: ids.every((id, i) => Number(id) > Number(ids[i - 1] ?? 0)), last, first: ids[0] };
}

async function decided(run_id: string): Promise<Record<string, { approve: boolean }>> {
  const { data } = await api.GET("/v1/runs/{run_id}", { params: { path: { run_id } } });
  return Object.fromEntries(has(data).pending.map(({ call_id }) => [call_id, { approve: true }]));
}

const acts: Record<string, () => Promise<object>> = {
  operations: async () => (await operations(), seen),
  streams,
  refusals,
  pages,
  broken,
  socket,
};
process.stdout.write(JSON.stringify(await has(acts[act])()));
