import { checked, type Address } from "./address.js";
import { backoff, pause } from "./retry.js";
import { ConnectionFailedError } from "./problem.js";
import type { ClientFrame, Decide, Happened, Run, ServerFrame } from "./frames.js";

/** An event of a topic; `id` is where to go on from. Those of runs are as `RunEvent`. */
export type TopicEvent = Happened;

export interface SocketOptions extends Address {
  /** For where `WebSocket` is not global, such as Node 20. */
  WebSocket?: typeof WebSocket;
  /** How many connections in a row may bring nothing. */
  attempts?: number;
}

// The service says something every 25 seconds at least.
const SILENCE = 60;
const KEPT = 10_000;

/**
 * One WebSocket to `/v1/ws` for many topics and runs. It connects again when it breaks, and goes on with each topic after
 * the last event that came: nothing is missed or told twice, and what is not to be had any more is told by a `gap` frame.
 *
 * Go through it with `for await`; leaving the loop closes it. A run ends with its connection unless it is started with
 * `keep`.
 */
export class LumosSocket {
  readonly #url: string;
  readonly #protocols: string[];
  readonly #make: typeof WebSocket;
  readonly #attempts: number;
  readonly #places = new Map<string, string | null>();
  readonly #unsent: ClientFrame[] = [];
  readonly #closing = new AbortController();
  #socket: WebSocket | undefined;
  #ready = false;

  constructor(options: SocketOptions) {
    this.#url = `${checked(options).replace(/^http/, "ws")}/v1/ws`;
    // A browser sends no header of ours; a subprotocol is no part of the address, which logs keep.
    const token = options.apiKey === undefined ? [] : [`lumos.bearer.${base64url(options.apiKey)}`];
    this.#protocols = ["lumos.v1", ...token];
    this.#make = options.WebSocket ?? globalThis.WebSocket;
    if (this.#make === undefined) throw new TypeError("there is no WebSocket here: give one as WebSocket");
    this.#attempts = options.attempts ?? 10;
  }

  /** Follow a topic, from after an event on. */
  subscribe(topic: string, after?: string): void {
    this.#places.set(topic, after ?? null);
    if (this.#ready) this.#say(subscription(topic, after ?? null));
  }

  /** Follow a topic no more. */
  unsubscribe(topic: string): void {
    this.#places.delete(topic);
    if (this.#ready) this.#say({ type: "unsubscribe", topic });
  }

  /** Run an agent and follow the run. */
  run(frame: Omit<Run, "type">): void {
    this.#later({ type: "run", ...frame });
  }

  /** Cancel a run. */
  cancel(runId: string): void {
    this.#later({ type: "cancel", run_id: runId });
  }

  /** Say what is to become of what a suspended run waits for, and so go on with it. */
  decide(frame: Omit<Decide, "type">): void {
    this.#later({ type: "decide", ...frame });
  }

  /** Hang up. */
  close(): void {
    this.#closing.abort();
    this.#socket?.close();
  }

  /** Yield what the service says, over as many connections as it takes. Throws ConnectionFailedError when it is gone. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ServerFrame, void, void> {
    const { signal } = this.#closing;
    try {
      for (let idle = 0; !signal.aborted; ) {
        for await (const frame of this.#connection()) {
          idle = 0;
          this.#note(frame);
          yield frame;
        }
        if (signal.aborted) return;
        idle += 1;
        if (idle > this.#attempts) throw new ConnectionFailedError(`${this.#url} does not answer`);
        await pause(backoff(idle), signal).catch(() => undefined);
      }
    } finally {
      this.close();
    }
  }

  async *#connection(): AsyncGenerator<ServerFrame, void, void> {
    const socket = new this.#make(this.#url, this.#protocols);
    this.#socket = socket;
    const kept: ServerFrame[] = [];
    let over = false;
    let wake: () => void = () => undefined;
    const end = (): void => {
      over = true;
      wake();
    };
    socket.onclose = end;
    socket.onerror = end;
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      kept.push(JSON.parse(data) as ServerFrame);
      if (kept.length > KEPT) socket.close(); // what is not taken is asked for again
      wake();
    };
    try {
      while (!over || kept.length > 0) {
        const frame = kept.shift();
        if (frame !== undefined) yield frame;
        else if (!(await within(SILENCE, (woken) => (wake = woken)))) return;
      }
    } finally {
      this.#ready = false;
      socket.onclose = socket.onerror = socket.onmessage = null;
      socket.close();
    }
  }

  #note(frame: ServerFrame): void {
    if (frame.type === "welcome") this.#begin();
    else if (frame.type === "event" && this.#places.has(frame.topic)) this.#places.set(frame.topic, frame.id);
    else if (frame.type === "started") this.#places.set(frame.topic, null);
    else if (frame.type === "unsubscribed") this.#places.delete(frame.topic);
  }

  #begin(): void {
    this.#ready = true;
    for (const [topic, after] of this.#places) this.#say(subscription(topic, after));
    for (const frame of this.#unsent.splice(0)) this.#say(frame);
  }

  #later(frame: ClientFrame): void {
    if (this.#ready) this.#say(frame);
    else this.#unsent.push(frame);
  }

  #say(frame: ClientFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}

function subscription(topic: string, after: string | null): ClientFrame {
  return { type: "subscribe", topic, ...(after === null ? {} : { after }) };
}

/** Return whether what *hand* was given is called within so many seconds. */
async function within(seconds: number, hand: (woken: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), seconds * 1000);
    hand(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

function base64url(text: string): string {
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
