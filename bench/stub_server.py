"""A very cheap OpenAI-compatible model server for benchmarks: `python bench/stub_server.py` prints its port.

`POST /v1/chat/completions` (plain, and server-sent events with `"stream": true`) answers at once: with one call to the
first tool offered while the conversation holds no tool message, else with a fixed sentence. `GET /v1/models` lists one
model, `GET /stats` counts what was served. Wire format: the OpenAI chat completions reference. HTTP/1.1 with keep-alive
and Content-Length bodies only, on 127.0.0.1 only; it is an instrument, not a server for strangers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEAD: Final = 16 * 1024
MAX_BODY: Final = 4 * 1024 * 1024
MAX_READY: Final = 256
REASONS: Final = {200: b"OK", 400: b"Bad Request", 404: b"Not Found", 411: b"Length Required", 413: b"Too Large"}
USAGE: Final = {"prompt_tokens": 20, "completion_tokens": 8, "total_tokens": 28}
TAIL: Final = {"id": "chatcmpl-stub", "created": 1_700_000_000, "model": "stub", "system_fingerprint": "stub"}
MODELS: Final = {"object": "list", "data": [{"id": "stub", "object": "model", "created": 0, "owned_by": "bench"}]}


class BadRequestError(Exception):
    """A request this server does not answer.

    Args:
        status: the HTTP status to answer with.
        message: what is wrong, for the body.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class Stats:
    """What the server has served, as `GET /stats` returns it."""

    connections: int = 0
    completions: int = 0
    streamed: int = 0
    tool_calls: int = 0


@dataclass(slots=True)
class Replies:
    """The two fixed replies, and the counters."""

    answer: str
    arguments: str
    stats: Stats = field(default_factory=Stats)
    _ready: dict[tuple[str | None, bool, bool], bytes] = field(default_factory=dict)

    def complete(self, request: dict[str, Any]) -> bytes:
        """Answer one chat completion request with a whole HTTP response, plain or streamed."""
        tool = wanted_tool(request)
        self.stats.completions += 1
        stream = bool(request.get("stream"))
        options = request.get("stream_options")
        with_usage = stream and isinstance(options, dict) and bool(options.get("include_usage"))
        self.stats.tool_calls += tool is not None
        self.stats.streamed += stream
        key = (tool, stream, with_usage)
        if key not in self._ready:
            if len(self._ready) >= MAX_READY:
                self._ready.clear()
            self._ready[key] = self._encode(tool, stream=stream, with_usage=with_usage)
        return self._ready[key]

    def _encode(self, tool: str | None, *, stream: bool, with_usage: bool) -> bytes:
        if stream:
            return streamed(self._deltas(tool), "tool_calls" if tool else "stop", with_usage=with_usage)
        return plain(200, self._completion(tool))

    def _call(self, tool: str) -> dict[str, Any]:
        return {"id": "call_1", "type": "function", "function": {"name": tool, "arguments": self.arguments}}

    def _completion(self, tool: str | None) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": None if tool else self.answer, "refusal": None}
        if tool:
            message["tool_calls"] = [self._call(tool)]
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop", "logprobs": None}
        return {**TAIL, "object": "chat.completion", "choices": [choice], "usage": USAGE}

    def _deltas(self, tool: str | None) -> list[dict[str, Any]]:
        first: dict[str, Any] = {"role": "assistant", "content": None if tool else ""}
        if tool:
            return [first, {"tool_calls": [{"index": 0, **self._call(tool)}]}]
        head, *rest = self.answer.split(" ")
        return [first, {"content": head}, *({"content": f" {word}"} for word in rest)]


def wanted_tool(request: dict[str, Any]) -> str | None:
    """Return the name of the tool to call: the first offered one, unless a tool has answered already.

    Raises:
        BadRequestError: when the request has no messages, or tools of another shape.
    """
    messages = request.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadRequestError(400, "messages must be a list that is not empty")
    tools = request.get("tools")
    try:
        if not tools or request.get("tool_choice") == "none" or any(m.get("role") == "tool" for m in messages):
            return None
        return str(tools[0]["function"]["name"])
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise BadRequestError(
            400, "messages must be objects, tools [{type: function, function: {name: ...}}]"
        ) from error


def plain(status: int, body: object) -> bytes:
    """Return an HTTP response with a JSON body."""
    data = json.dumps(body, separators=(",", ":")).encode()
    head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % (status, REASONS[status], len(data)) + data


def streamed(deltas: list[dict[str, Any]], finish: str, *, with_usage: bool) -> bytes:
    """Return an HTTP response that streams chat completion chunks as server-sent events."""
    base = {**TAIL, "object": "chat.completion.chunk"}
    chunks = [{**base, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    chunks.append({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
    if with_usage:
        chunks.append({**base, "choices": [], "usage": USAGE})
    events = [json.dumps(chunk, separators=(",", ":")) for chunk in chunks] + ["[DONE]"]
    body = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in (f"data: {e}\n\n".encode() for e in events))
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    return head + body + b"0\r\n\r\n"


def body_length(head: bytes) -> int:
    """Return the length of the body that follows a request head.

    Raises:
        BadRequestError: when a POST declares none, or one that is malformed or too large.
    """
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            digits = value.strip()
            if not digits.isdigit():
                raise BadRequestError(400, "content-length must be a number")
            if len(digits) > len(str(MAX_BODY)) or int(digits) > MAX_BODY:
                raise BadRequestError(413, f"a body may have {MAX_BODY} bytes")
            return int(digits)
    if head.startswith(b"POST"):
        raise BadRequestError(411, "a POST needs a Content-Length")
    return 0


class Connection(asyncio.Protocol):
    """One client connection: parse request by request, answer each at once.

    Args:
        replies: what to answer, shared by all connections.
    """

    def __init__(self, replies: Replies) -> None:
        self._replies = replies
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport to write to."""
        self._transport = transport  # type: ignore[assignment]  # a stream server hands out Transports
        self._replies.stats.connections += 1

    def data_received(self, data: bytes) -> None:
        """Answer every whole request in the buffer; close on one that is not understood."""
        self._buffer += data
        assert self._transport is not None
        try:
            while (request := self._next_request()) is not None:
                self._transport.write(self._answer(*request))
        except BadRequestError as error:
            self._transport.write(plain(error.status, {"error": {"message": str(error)}}))
            self._transport.close()

    def _next_request(self) -> tuple[bytes, bytes] | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end > MAX_HEAD or (end < 0 and len(self._buffer) > MAX_HEAD):
            raise BadRequestError(413, f"a request head may have {MAX_HEAD} bytes")
        if end < 0:
            return None
        head, start = self._buffer[:end], end + 4
        stop = start + body_length(head)
        if len(self._buffer) < stop:
            return None
        body, self._buffer = self._buffer[start:stop], self._buffer[stop:]
        return head, body

    def _answer(self, head: bytes, body: bytes) -> bytes:
        route = b" ".join(head.split(b" ", 2)[:2])
        if route == b"POST /v1/chat/completions":
            return self._replies.complete(parse(body))
        if route == b"GET /v1/models":
            return plain(200, MODELS)
        if route == b"GET /stats":
            return plain(200, asdict(self._replies.stats))
        return plain(404, {"error": {"message": "only /v1/chat/completions, /v1/models and /stats are here"}})


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a request body.

    Raises:
        BadRequestError: when it is not one.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequestError(400, f"the body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise BadRequestError(400, "the body must be a JSON object")
    return value


async def serve(replies: Replies, *, announce: Callable[[int], None], until_eof: bool) -> None:
    """Serve on a free port of 127.0.0.1 until cancelled.

    Args:
        replies: what to answer.
        announce: called with the port once the server listens.
        until_eof: stop when standard input closes, so that the server never outlives the bench that started it.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    server = await loop.create_server(lambda: Connection(replies), "127.0.0.1", 0)
    announce(server.sockets[0].getsockname()[1])
    if until_eof:
        loop.add_reader(0, lambda: None if os.read(0, 4096) else stop.set())
    async with server:
        await stop.wait()


def main() -> None:
    """Run the server from the command line."""
    parser = argparse.ArgumentParser(description="OpenAI-compatible stub model server; prints its port")
    parser.add_argument("--answer", default="It is sunny in Paris.", help="the text of an answer")
    parser.add_argument("--arguments", default='{"city": "Paris"}', help="the arguments of a tool call, JSON")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input closes")
    options = parser.parse_args()
    replies = Replies(options.answer, options.arguments)
    try:
        asyncio.run(serve(replies, announce=lambda port: print(port, flush=True), until_eof=options.until_eof))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
