"""The load: so many connections, each of which posts, waits for the whole answer, and posts again.

``python -m bench.load.client --url URL --connections N --seconds S`` prints one JSON line. It must cost little beside a
server on the same cores: one `asyncio.Protocol` a connection, no parser of more HTTP than servers use to answer JSON.
Every answer is read to its end and looked at. When time is up no request is sent any more, and those under way are
waited for: what was answered and what was recorded can be compared to the last run.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import quantiles
from typing import Any, Final
from urllib.parse import urlsplit

OK: Final = b"HTTP/1.1 200"
HEAD_END: Final = b"\r\n\r\n"
LENGTH: Final = b"content-length:"
#: How long requests under way are waited for when time is up.
PATIENCE: Final = 30.0


@dataclass(slots=True)
class Load:
    """What is sent, what must come back, and what came.

    Args:
        request: the bytes of one request.
        expected: what every right answer contains.
        began, until: between these, by `time.perf_counter`, answers are timed; after *until* nothing is sent.
    """

    request: bytes
    expected: bytes
    began: float
    until: float
    seconds: list[float] = field(default_factory=list)
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)


class Connection(asyncio.Protocol):
    """One caller. `done` is set when it has its last answer, or lost its connection."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._data = b""
        self._missing = 0
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take a piece of an answer; when it is whole, judge it and go on."""
        if self._data:
            data = self._data + data
        if self._missing and len(data) < self._missing:
            self._data = data
            return
        head = data.find(HEAD_END)
        if head < 0:
            self._data = data
            return
        self._missing = head + len(HEAD_END) + _length(data[:head].lower())
        if len(data) < self._missing:
            self._data = data
            return
        self._data, self._missing = b"", 0
        self._judge(data)
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that ended under a request."""
        if not self.done.done():
            self._load.errors[f"connection lost: {exc or 'closed by the server'}"] += 1
            self.done.set_result(None)

    def _judge(self, answer: bytes) -> None:
        load, now = self._load, time.perf_counter()
        if not answer.startswith(OK):
            load.errors[answer[:40].split(b"\r\n")[0].decode("ascii", "replace")] += 1
        elif load.expected not in answer:
            load.errors["another text"] += 1
        else:
            load.answered += 1
            if load.began <= now <= load.until:
                load.seconds.append(now - self._sent)

    def _send(self) -> None:
        now = time.perf_counter()
        if now < self._load.until:
            self._sent = now
            self._transport.write(self._load.request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


def _length(head: bytes) -> int:
    """Return the length of the body that a head in lower case announces. Raises ValueError when it tells none."""
    at = head.find(LENGTH)
    if at < 0:
        raise ValueError(f"an answer without a content-length: {head!r}")
    end = head.find(b"\r\n", at)
    return int(head[at + len(LENGTH) : end if end >= 0 else None])


def request(url: str, body: bytes, headers: list[str]) -> bytes:
    """Return a POST of JSON as bytes."""
    parts = urlsplit(url)
    lines = [
        f"POST {parts.path} HTTP/1.1",
        f"host: {parts.netloc}",
        "content-type: application/json",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + HEAD_END + body


async def driven(url: str, connections: int, load: Load) -> None:
    """Open the connections, at most 32 at once, and return when each has its last answer or `PATIENCE` is over."""
    loop, parts = asyncio.get_running_loop(), urlsplit(url)
    where = parts.hostname or "127.0.0.1", parts.port or 80
    callers: list[Connection] = []
    for start in range(0, connections, 32):
        made = [Connection(load) for _ in range(start, min(start + 32, connections))]
        await asyncio.gather(
            *(loop.create_connection(lambda c=c: c, *where) for c in made)  # type: ignore[misc]
        )
        callers += made
    left = max(0.0, load.until - time.perf_counter())
    _, late = await asyncio.wait([caller.done for caller in callers], timeout=left + PATIENCE)
    if late:
        load.errors[f"no answer in {PATIENCE:g} s"] += len(late)


def figures(load: Load, cpu: float) -> dict[str, Any]:
    """Return what was measured: answers of the timed part a second, their times in ms, all answers, all errors."""
    times = load.seconds
    cuts = quantiles(times, n=100) if len(times) > 1 else [float("nan")] * 99
    return {
        "rate": len(times) / (load.until - load.began),
        "p50": cuts[49] * 1e3,
        "p95": cuts[94] * 1e3,
        "p99": cuts[98] * 1e3,
        "max": max(times, default=float("nan")) * 1e3,
        "answered": load.answered,
        "errors": dict(load.errors),
        "client_us": cpu / max(1, load.answered) * 1e6,
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--connections", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--warm-up", type=float, default=0.0, help="seconds before, which are not timed")
    parser.add_argument("--body", default="{}", help="the JSON that is posted")
    parser.add_argument("--expect", default="", help="what every answer must contain")
    parser.add_argument("--headers", type=Path, help="a file of further header lines; a secret is no argument")
    options = parser.parse_args()
    headers = options.headers.read_text(encoding="utf-8").splitlines() if options.headers else []
    began = time.perf_counter() + options.warm_up
    load = Load(
        request(options.url, options.body.encode(), headers), options.expect.encode(), began, began + options.seconds
    )
    factory = None
    if find_spec("uvloop") is not None:
        import uvloop

        factory = uvloop.new_event_loop
    cpu = time.process_time()
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(driven(options.url, options.connections, load))
    print(json.dumps(figures(load, time.process_time() - cpu)))


if __name__ == "__main__":
    main()
