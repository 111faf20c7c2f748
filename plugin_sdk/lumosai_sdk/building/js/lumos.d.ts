// The types of the library of plugins in JavaScript and TypeScript, which `lumos plugin build` provides as "lumos".

declare module "lumos" {
  export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
  export type Schema = { [key: string]: Json };
  export type Code =
    | "invalid-input" | "denied" | "not-found" | "conflict" | "limit" | "timeout" | "unavailable" | "blocked" | "internal";

  /** An error with one of the contract's codes. "invalid-input" is the one whose message a model gets to read. */
  export class LumosError extends Error {
    constructor(code: Code, message: string, more?: { hint?: string; retryAfter?: number });
    readonly code: Code;
    readonly hint?: string;
    /** Seconds. */
    readonly retryAfter?: number;
  }

  /** Who calls, and in which run. */
  export interface Context {
    run_id: string;
    agent: string;
    call_id: string;
    thread_id: string | null;
    tenant: string;
    subject: string;
  }

  export interface RequestOptions {
    method?: string;
    headers?: { [name: string]: string };
    body?: string | Uint8Array;
    /** A value to send in place of `body`. */
    json?: unknown;
    /** Seconds, at most the host's. */
    timeout?: number;
  }

  export interface Response {
    readonly status: number;
    readonly ok: boolean;
    readonly url: string;
    readonly headers: { [name: string]: string };
    text(): string;
    bytes(): Uint8Array;
    json(): any;
  }

  export interface Stream {
    readonly status: number;
    readonly url: string;
    readonly headers: { [name: string]: string };
    /** The body in pieces, cut anywhere. */
    readonly pieces: Iterable<string>;
  }

  /** What a plugin may ask of its host. Nothing here needs `await`; all of it throws LumosError. */
  export interface Host {
    log: { [level in "debug" | "info" | "warning" | "error"]: (message: unknown, fields?: object) => void };
    config: { get(): { [name: string]: any } };
    /** Seconds. */
    clock: { now(): number; monotonic(): number };
    random: { bytes(count: number): Uint8Array };
    http: { fetch(url: string, options?: RequestOptions): Response; stream(url: string, options?: RequestOptions): Stream };
    /** A handle for the value of a header: the host puts the secret in its place. */
    secrets: { get(name: string): string };
    kv: {
      get(key: string): any;
      set(key: string, value: Json, options?: { ttl?: number }): void;
      delete(key: string): boolean;
      keys(prefix?: string): string[];
    };
    files: {
      read(path: string, options?: { offset?: number; limit?: number }): string;
      readBytes(path: string, options?: { offset?: number; limit?: number }): Uint8Array;
      write(path: string, content: string | Uint8Array, options?: { append?: boolean }): void;
      listFolder(path: string): { name: string; kind: "file" | "folder"; size: number }[];
    };
    env: { get(name: string): string | null };
    model: { complete(options: object): any; embed(options: object): any };
    tools: { call(id: string, args?: object): any };
    events: { emit(name: string, data?: Json): void };
  }
  export const host: Host;

  type Phase = "input" | "model_request" | "tool_call" | "tool_result" | "output";
  type Operation = "complete" | "stream" | "embed" | "models";
  type HttpCall = { url: string; method?: string; headers?: { [name: string]: string }; body?: string; timeout?: number };
  type HttpAnswer = { status: number; headers: { [name: string]: string }; body: string };

  export interface Tool {
    description: string;
    input?: Schema;
    output?: Schema;
    approval?: "never" | "always";
    timeout?: number;
    sideEffects?: boolean;
    call(args: any, context: Context, host: Host): unknown;
  }
  export interface Step {
    description?: string;
    run(value: any, context: Context, host: Host): unknown;
  }
  export interface Processor {
    description?: string;
    phases: Phase[];
    process(phase: Phase, value: any, context: Context, host: Host): unknown;
  }
  export interface Provider {
    description?: string;
    capabilities?: string[];
    prepare(operation: Operation, request: any, host: Host): HttpCall | { answer: unknown };
    parse(operation: Operation, response: HttpAnswer, host: Host): unknown;
    parseChunk(chunk: string, state: any, host: Host): { chunks: object[]; state: unknown };
  }
  export interface Monitor {
    description?: string;
    take(events: any[], host: Host): void;
    close?(host: Host): void;
  }
  export interface Plugin {
    tools?: { [id: string]: Tool };
    steps?: { [id: string]: Step };
    processors?: { [id: string]: Processor };
    providers?: { [id: string]: Provider };
    /** Methods named as those of the storage Protocol, `kv_get` and so on; the host comes after their arguments. */
    storages?: { [id: string]: { [method: string]: (...args: any[]) => unknown } };
    monitors?: { [id: string]: Monitor };
  }

  /** Check and return a plugin. Throws TypeError. */
  export function definePlugin(plugin: Plugin): Plugin;
  export function toBase64(bytes: Uint8Array): string;
  export function fromBase64(text: string): Uint8Array;
  export function toUtf8(text: string): Uint8Array;
  export function fromUtf8(bytes: Uint8Array): string;
}
