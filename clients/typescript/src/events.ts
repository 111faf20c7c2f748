import { ConnectionFailedError, streamProblem } from "./problem.js";

/** An event of a stream; `data` is what its JSON says. */
export interface ServerSentEvent<T = unknown> {
  event: string;
  data: T;
  id: string;
}

const LARGEST = 16 * 1024 * 1024;
const SILENCE = 60;

/**
 * Yield the events of an answer (https://html.spec.whatwg.org/multipage/server-sent-events.html). Leaving the loop hangs
 * up. Throws `ProblemError` for an `error` event, `ConnectionFailedError` when the stream breaks or falls silent.
 */
export async function* eventsOf<T>(response: Response): AsyncGenerator<ServerSentEvent<T>, void, void> {
  if (!response.body || !response.headers.get("content-type")?.startsWith("text/event-stream")) {
    throw new ConnectionFailedError("the answer is no stream of events");
  }
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  const parser = new Parser();
  try {
    for (;;) {
      const { done, value } = await heard(reader);
      if (done) return;
      for (const found of parser.take(decoder.decode(value, { stream: true }))) {
        if (found.data === "[DONE]") return;
        const data: unknown = JSON.parse(found.data);
        if (found.event === "error") throw streamProblem(data, response.headers.get("x-lumos-run") ?? undefined);
        yield { ...found, data: data as T };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function heard(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<ReadableStreamReadResult<Uint8Array>> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConnectionFailedError(`nothing came for ${SILENCE} s`)), SILENCE * 1000);
  });
  try {
    return await Promise.race([reader.read(), silence]);
  } catch (error) {
    if (error instanceof ConnectionFailedError || (error instanceof Error && error.name === "AbortError")) throw error;
    throw new ConnectionFailedError(`the stream broke: ${error instanceof Error ? error.message : "it failed"}`);
  } finally {
    clearTimeout(timer);
  }
}

class Parser {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";
  private size = 0;

  take(text: string): ServerSentEvent<string>[] {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? "";
    this.bound(0);
    return lines.flatMap((line) => this.line(line));
  }

  private line(line: string): ServerSentEvent<string>[] {
    if (line === "") return this.ended();
    this.bound(line.length);
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.event = value;
    else if (name === "data") this.data.push(value);
    else if (name === "id" && !value.includes("\0")) this.id = value;
    return [];
  }

  private ended(): ServerSentEvent<string>[] {
    const found = { event: this.event || "message", data: this.data.join("\n"), id: this.id };
    const isEmpty = this.data.length === 0;
    [this.event, this.data, this.size] = ["", [], 0];
    return isEmpty ? [] : [found];
  }

  private bound(more: number): void {
    this.size += more;
    if (this.size + this.rest.length > LARGEST) throw new ConnectionFailedError("an event is larger than any may be");
  }
}
