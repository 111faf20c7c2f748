// The library of plugins in JavaScript: `import { definePlugin, host, LumosError } from "lumos"`. Types: lumos.d.ts.

const CODES = new Set([
  "invalid-input", "denied", "not-found", "conflict", "limit", "timeout", "unavailable", "blocked", "internal",
]);
const MAX_MESSAGE = 4000;

/** An error with one of the contract's codes. "invalid-input" is the one whose message a model gets to read. */
export class LumosError extends Error {
  constructor(code, message, { hint, retryAfter } = {}) {
    super(message);
    this.name = "LumosError";
    this.code = CODES.has(code) ? code : "internal";
    this.hint = hint;
    this.retryAfter = retryAfter;
  }
}

// --- the host

let linked = {};

function call(name, method, ...texts) {
  const found = linked[name];
  if (!found) {
    throw new LumosError("denied", `${name}: the plugin's manifest does not ask for that right`, {
      hint: "ask for it in the [permissions] of lumos-plugin.toml, and build the plugin again",
    });
  }
  let answer;
  try {
    answer = found[method](...texts);
  } catch (thrown) {
    throw told(thrown);
  }
  return JSON.parse(answer);
}

function told(thrown) {
  const text = typeof thrown === "string" ? thrown : (thrown?.payload ?? thrown?.message ?? String(thrown));
  try {
    const { code, message, hint, retry_after } = JSON.parse(text);
    return new LumosError(code, message, { hint, retryAfter: retry_after });
  } catch {
    return new LumosError("internal", String(text));
  }
}

/** An answer: `status`, `ok`, `url` after redirects, `headers` with names in lower case, `bytes()`, `text()`, `json()`. */
class Response {
  constructor({ status, url, headers, body, body_base64: packed }) {
    this.status = status;
    this.url = url;
    this.headers = headers;
    this.ok = status >= 200 && status < 300;
    this.text = () => (packed === undefined ? body : fromUtf8(fromBase64(packed)));
    this.bytes = () => (packed === undefined ? toUtf8(body) : fromBase64(packed));
    this.json = () => JSON.parse(this.text());
  }
}

function request(url, { method = "GET", headers = {}, body, json, timeout } = {}) {
  const out = { url: String(url), method, headers: { ...headers }, timeout };
  if (json !== undefined) {
    out.body = JSON.stringify(json);
    if (!Object.keys(headers).some((k) => k.toLowerCase() === "content-type")) {
      out.headers["content-type"] = "application/json";
    }
  } else if (typeof body === "string") {
    out.body = body;
  } else if (body !== undefined) {
    out.body_base64 = toBase64(body);
  }
  return JSON.stringify(out);
}

function* pieces(handle) {
  try {
    for (let piece = call("http", "read", handle); piece !== null; piece = call("http", "read", handle)) yield piece;
    handle = null;
  } finally {
    if (handle !== null) call("http", "close", handle);
  }
}

/** What a plugin may ask of its host. Every function throws a LumosError for what was not granted. */
export const host = {
  log: Object.fromEntries(
    ["debug", "info", "warning", "error"].map((level) => [
      level,
      (message, fields) => call("log", "write", level, String(message), fields ? JSON.stringify(fields) : ""),
    ]),
  ),
  config: { get: () => call("config", "get") },
  clock: { now: () => call("clock", "now"), monotonic: () => call("clock", "monotonic") },
  random: { bytes: (count) => fromBase64(call("random", "bytes", String(count))) },
  http: {
    fetch: (url, options) => new Response(call("http", "fetch", request(url, options))),
    stream(url, options) {
      const { handle, ...answer } = call("http", "open", request(url, options));
      return { ...answer, pieces: pieces(handle) };
    },
  },
  secrets: { get: (name) => call("secrets", "get", name) },
  kv: {
    get: (key) => call("kv", "get", key),
    set: (key, value, { ttl } = {}) =>
      call("kv", "set", key, JSON.stringify(value ?? null), ttl === undefined ? "" : JSON.stringify({ ttl })),
    delete: (key) => call("kv", "delete", key),
    keys: (prefix = "") => call("kv", "keys", prefix),
  },
  files: {
    read: (path, { offset, limit } = {}) => call("files", "read", path, JSON.stringify({ offset, limit })),
    readBytes: (path, { offset, limit } = {}) =>
      fromBase64(call("files", "read", path, JSON.stringify({ encoding: "base64", offset, limit }))),
    write: (path, content, { append = false } = {}) =>
      typeof content === "string"
        ? call("files", "write", path, content, JSON.stringify({ append }))
        : call("files", "write", path, toBase64(content), JSON.stringify({ encoding: "base64", append })),
    listFolder: (path) => call("files", "listFolder", path),
  },
  env: { get: (name) => call("env", "get", name) },
  model: {
    complete: (options) => call("model", "complete", JSON.stringify(options)),
    embed: (options) => call("model", "embed", JSON.stringify(options)),
  },
  tools: { call: (id, args = {}) => call("tools", "call", id, JSON.stringify(args)) },
  events: { emit: (name, data = null) => call("events", "emit", name, JSON.stringify(data)) },
};

// --- the plugin

const KINDS = {
  tools: "tool", steps: "step", processors: "processor", providers: "provider", storages: "storage", monitors: "monitor",
};

/** Check and return a plugin: `{tools, steps, processors, providers, storages, monitors}`, each by id. */
export function definePlugin(plugin) {
  for (const [key, items] of Object.entries(plugin)) {
    if (!(key in KINDS)) throw new TypeError(`definePlugin: ${key} is none of ${Object.keys(KINDS).join(", ")}`);
    for (const [id, item] of Object.entries(items)) {
      if (typeof item !== "object" || item === null) throw new TypeError(`definePlugin: ${key}["${id}"] is no object`);
    }
  }
  return plugin;
}

const DESCRIBED = {
  tools: ({ description, input, output, approval, timeout, sideEffects }) => ({
    description, input_schema: input, output_schema: output, approval, timeout, side_effects: sideEffects,
  }),
  processors: ({ description, phases }) => ({ description, phases }),
  providers: ({ description, capabilities }) => ({ description, capabilities }),
};

function describe(plugin) {
  const contributes = {};
  for (const [key, items] of Object.entries(plugin)) {
    const one = DESCRIBED[key] ?? (({ description }) => ({ description }));
    contributes[KINDS[key]] = Object.entries(items).map(([id, item]) => ({ id, ...one(item) }));
  }
  return { contributes };
}

/** Return the contract's exports for a plugin; `functions` are the host's interfaces by name. The builder calls this. */
export function exported(plugin, functions) {
  linked = functions;
  const found = (key, id) => {
    const items = plugin[key] ?? {};
    if (!Object.hasOwn(items, id)) throw new LumosError("not-found", `no ${KINDS[key]} '${id}'`);
    return items[id];
  };
  const answers = (fn) => (...texts) => {
    try {
      const value = fn(...texts);
      if (typeof value?.then === "function") {
        throw new LumosError("internal", "the function returned a Promise; the host's functions need no await");
      }
      return JSON.stringify(value ?? null);
    } catch (error) {
      throw failure(error);
    }
  };
  return {
    plugin: { describe: answers(() => describe(plugin)) },
    tool: { call: answers((id, args, ctx) => found("tools", id).call(JSON.parse(args), JSON.parse(ctx), host)) },
    step: { run: answers((id, value, ctx) => found("steps", id).run(JSON.parse(value), JSON.parse(ctx), host)) },
    processor: {
      process: answers((id, phase, value, ctx) =>
        found("processors", id).process(phase, JSON.parse(value), JSON.parse(ctx), host)),
    },
    provider: {
      prepare: answers((id, operation, asked) => found("providers", id).prepare(operation, JSON.parse(asked), host)),
      parse: answers((id, operation, said) => found("providers", id).parse(operation, JSON.parse(said), host)),
      parseChunk: answers((id, chunk, state) => found("providers", id).parseChunk(chunk, JSON.parse(state), host)),
    },
    storage: { execute: answers((id, operation, args) => executed(found("storages", id), operation, JSON.parse(args))) },
    monitor: {
      take: answers((id, events) => found("monitors", id).take(JSON.parse(events), host)),
      close: answers((id) => found("monitors", id).close?.(host)),
    },
  };
}

function executed(store, operation, args) {
  if (!Object.hasOwn(store, operation)) throw new LumosError("not-found", `the store has no ${operation}`);
  return store[operation](...args, host);
}

function failure(error) {
  if (error instanceof LumosError) {
    const { code, message, hint, retryAfter } = error;
    return JSON.stringify({ code, message: message.slice(0, MAX_MESSAGE), hint, retry_after: retryAfter });
  }
  const line = String(error).split("\n")[0].slice(0, MAX_MESSAGE);
  return JSON.stringify({ code: "internal", message: line });
}

// --- bytes (QuickJS has neither atob nor TextDecoder)

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const VALUES = new Map([...ALPHABET].map((c, n) => [c, n]));

export function toBase64(bytes) {
  let out = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const word = (bytes[at] << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    out += ALPHABET[word >> 18] + ALPHABET[(word >> 12) & 63];
    out += left > 1 ? ALPHABET[(word >> 6) & 63] : "=";
    out += left > 2 ? ALPHABET[word & 63] : "=";
  }
  return out;
}

export function fromBase64(text) {
  const plain = text.replace(/=+$/, "");
  const out = new Uint8Array(Math.floor((plain.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const c of plain) {
    word = ((word << 6) | VALUES.get(c)) & 0xffffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (word >> bits) & 0xff;
    }
  }
  return out;
}

export function toUtf8(text) {
  const escaped = encodeURIComponent(text.toWellFormed());
  const out = [];
  for (let at = 0; at < escaped.length; at++) {
    if (escaped[at] === "%") {
      out.push(parseInt(escaped.slice(at + 1, at + 3), 16));
      at += 2;
    } else {
      out.push(escaped.charCodeAt(at));
    }
  }
  return Uint8Array.from(out);
}

export function fromUtf8(bytes) {
  let escaped = "";
  for (const b of bytes) escaped += `%${b.toString(16).padStart(2, "0")}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    throw new LumosError("invalid-input", "the bytes are no UTF-8");
  }
}
