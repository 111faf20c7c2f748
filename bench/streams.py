"""Event streams of one service: how many it holds while runs go on, what each costs, how late events are.

``python bench/streams.py``: a service in a process of its own, the clients in another, on the same machine. First token
streaming: the events of 100 runs at once, over 100 server-sent streams. Then streams that are held, WebSockets and
server-sent events, each with a service of its own: they follow long runs; meanwhile short runs come in over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.environment import describe, lines
from bench.followers import FOLLOWERS, Follower

ROOT = str(Path(__file__).parents[1])
STREAMS, GROUPS, RUNS_PER_SECOND, SECONDS = 10_000, 100, 100, 15
TOKEN_STREAMS, TOKENS = 100, 5000
OPENING = 120  # seconds in which all streams are to be open
TARGET_TOKENS = 50_000
SERVICE = """
import asyncio, sys, time
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai.gateway.serve import run, serve
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelResponse
from bench.streams import Tokens

async def main():
    config = build({"storage": {"use": "sqlite"}, "host": {"data_dir": sys.argv[1]}, "agents": {},
                    "limits": {"model_timeout": 600, "seconds": 600}})
    agents = [Agent(name, model=f"bench/{name}") for name in ("slow", "fast", "short")]
    async with Host(config, agents=agents) as host:
        contribute(host, "provider", "bench", Tokens())
        await serve(host, port=0, on_ready=lambda url: print(url, flush=True))

run(main())
"""


class Tokens:
    """A model.

    ``slow`` says when each word is due, one a second for ever; ``fast`` TOKENS words at once; ``short`` one.
    """

    async def models(self) -> list[Any]:
        return []

    async def complete(self, request: Any) -> Any:
        from lumosai_sdk.types.messages import Message
        from lumosai_sdk.types.models import ModelResponse

        return ModelResponse(Message.assistant(request.model))

    async def stream(self, request: Any) -> AsyncIterator[Any]:
        from lumosai_sdk.types.models import ModelChunk

        if request.model == "slow":
            # A word is due each second, whatever the service does meanwhile: it is as old as it is late.
            due = time.time() + random.random()
            while True:
                await asyncio.sleep(max(0.0, due - time.time()))
                yield ModelChunk(f"{due:.6f}")
                due += 1
        else:
            for n in range(TOKENS if request.model == "fast" else 1):
                yield ModelChunk("token ")
                if n % 16 == 0:
                    await asyncio.sleep(0)
        yield ModelChunk(finish_reason="stop")


def resident(pid: int) -> int:
    """Return the bytes of memory a process holds."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return 1024 * int(next(line for line in text.splitlines() if line.startswith("VmRSS")).split()[1])


async def held(url: str, pid: int, kind: type[Follower], streams: int, seconds: int) -> dict[str, float]:
    """Hold the streams while short runs come in; return what was measured."""
    import aiohttp

    loop, where = asyncio.get_running_loop(), ("127.0.0.1", urlsplit(url).port or 0)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=256)) as session:
        reading: list[asyncio.Task[None]] = []
        runs = [await started(session, url, reading) for _ in range(GROUPS)]
        before = resident(pid)
        held_streams: list[Follower] = []
        began = time.perf_counter()
        for start in range(0, streams, 100):
            made = [kind(runs[n % len(runs)]) for n in range(start, min(start + 100, streams))]
            await asyncio.gather(*(loop.create_connection(lambda s=s: s, *where) for s in made))  # type: ignore[misc]
            _, late_ones = await asyncio.wait(
                [s.ready for s in made], timeout=max(1, began + OPENING - time.perf_counter())
            )
            held_streams += [stream for stream in made if stream.ready.done()]
            if late_ones:
                print(
                    f"{len(held_streams):,} streams opened in {OPENING} s; {len(late_ones)} more had no event by then"
                )
                break
        opening = time.perf_counter() - began
        memory = (resident(pid) - before) / len(held_streams)
        await asyncio.sleep(2)
        Follower.late.clear()
        done = await short_runs(session, url, seconds)
        late = sorted(Follower.late)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
    return {
        "streams": sum(not stream.lost for stream in held_streams),
        "opened/s": len(held_streams) / opening,
        "KiB each": memory / 1024,
        "runs/s": done / seconds,
        "events/s": len(late) / seconds,
        "p50 ms": 1000 * late[len(late) // 2],
        "p99 ms": 1000 * late[int(len(late) * 0.99)],
    }


async def started(session: Any, url: str, reading: list[asyncio.Task[None]]) -> str:
    """Start a long run, over a stream of its own that is read as it comes by a task more, and return its id."""
    response = await session.post(f"{url}/v1/agents/slow/runs", json={"input": "x", "stream": True})
    reading.append(asyncio.create_task(_read(response)))
    return str(response.headers["x-lumos-run"])


async def _read(response: Any) -> None:
    async for _ in response.content.iter_any():
        pass


async def short_runs(session: Any, url: str, seconds: int) -> int:
    """Start RUNS_PER_SECOND short runs a second and return how many were completed."""
    done, tasks, began = 0, [], time.perf_counter()

    async def one() -> None:
        nonlocal done
        async with session.post(f"{url}/v1/agents/short/runs", json={"input": "x"}) as response:
            done += (await response.json()).get("status") == "completed"

    for n in range(RUNS_PER_SECOND * seconds):
        await asyncio.sleep(max(0.0, began + n / RUNS_PER_SECOND - time.perf_counter()))
        tasks.append(asyncio.create_task(one()))
    await asyncio.gather(*tasks)
    return done


async def tokens(url: str) -> dict[str, float]:
    """Return how many events a second come over TOKEN_STREAMS streams at once."""
    parts = urlsplit(url)
    body = json.dumps({"input": "x", "stream": True}).encode()
    request = (
        b"POST /v1/agents/fast/runs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    )

    async def one() -> tuple[int, int]:
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**20)
        writer.write(request)
        deltas, ended, tail = 0, 0, b""
        while data := await reader.read(2**18):
            seen = tail + data
            tail = seen[-24:]
            deltas += seen.count(b"event: model.delta") - tail.count(b"event: model.delta")
            ended += seen.count(b"event: run.completed") - tail.count(b"event: run.completed")
        deltas, ended = deltas + tail.count(b"event: model.delta"), ended + tail.count(b"event: run.completed")
        writer.close()
        return deltas, ended

    began = time.perf_counter()
    async with asyncio.timeout(120):
        found = await asyncio.gather(*(one() for _ in range(TOKEN_STREAMS)))
    took = time.perf_counter() - began
    assert sum(e for _, e in found) == TOKEN_STREAMS, found
    return {"events": sum(d for d, _ in found), "events/s": sum(d for d, _ in found) / took}


def told(name: str, figures: dict[str, float]) -> None:
    print(f"{name}: " + ", ".join(f"{key} {value:,.1f}" for key, value in figures.items()))


def verdict(what: str, value: float, target: float) -> None:
    print(f"  {what}: {value:,.0f}, target {target:,.0f}: {'met' if value >= target else 'MISSED'}")


@contextmanager
def service() -> Iterator[tuple[str, int]]:
    """Start a service; yield its URL and its process; it ends with the block."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, os.environ.get("PYTHONPATH", "")])}
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVICE, folder], stdout=subprocess.PIPE, text=True, env=environment
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.kill()
            process.communicate()


def token_streaming() -> None:
    """Measure and print what comes over TOKEN_STREAMS streams."""
    with service() as (url, _):
        burst = asyncio.run(tokens(url))
    told("token streaming", burst)
    verdict(f"events/s over {TOKEN_STREAMS} streams", burst["events/s"], TARGET_TOKENS)


def holding(kind: str, streams: int, seconds: int) -> None:
    """Measure and print what it takes to hold streams of one kind."""
    with service() as (url, pid):
        found = asyncio.run(held(url, pid, FOLLOWERS[kind], streams, seconds))
    told(f"streams held ({kind})", found)
    verdict("streams", found["streams"], STREAMS)
    verdict("runs/s meanwhile", round(found["runs/s"]), RUNS_PER_SECOND)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--over", default=",".join(FOLLOWERS), help="what is held: ws, sse, or both (default)")
    options = parser.parse_args()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(*lines(describe()), sep="\n")
    token_streaming()
    for kind in options.over.split(","):
        holding(kind, options.streams, options.seconds)


if __name__ == "__main__":
    main()
