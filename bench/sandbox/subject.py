"""One way to call a tool, timed call by call. Run by bench/sandbox/run.py, one process a subject, turn by turn.

`python -m bench.sandbox.subject NAME GUEST` reads the seconds of each turn from its input; a JSON line is the answer.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

INPUT: Final = '{"name": "ada", "n": 41}'
OUTPUT: Final = {"greeting": "hello ada", "sum": 42}
WARM_UP: Final = 200
MAX_CALLS: Final = 200_000

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]


def in_process() -> Call:
    """A Python function between two pieces of JSON text: what there is to be isolated."""

    def call() -> str:
        given = json.loads(INPUT)
        return json.dumps({"greeting": f"hello {given['name']}", "sum": given["n"] + 1})

    return call


def stdio() -> Call:
    """A child that speaks JSON-RPC over its pipes, as MCP servers do; pipes are read in the cheapest way there is."""
    server = Path(__file__).with_name("rpc_server.py")
    child = subprocess.Popen([sys.executable, "-I", str(server)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    into, out = child.stdin, child.stdout
    assert into is not None
    assert out is not None
    arguments, count = json.loads(INPUT), 0

    def call() -> str:
        nonlocal count
        count += 1
        message = {"jsonrpc": "2.0", "id": count, "method": "tools/call", "params": {"arguments": arguments}}
        into.write(json.dumps(message).encode() + b"\n")
        into.flush()
        return json.dumps(json.loads(out.readline())["result"])

    return call


def process_per_call() -> Call:
    """A fresh interpreter for each call."""
    server = Path(__file__).with_name("rpc_server.py")
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "params": {"arguments": json.loads(INPUT)}}).encode() + b"\n"

    def call() -> str:
        done = subprocess.run([sys.executable, "-I", str(server)], input=message, capture_output=True, check=True)
        return json.dumps(json.loads(done.stdout)["result"])

    return call


def _extism(function: str, guest: Path, *, fresh: bool = False) -> Call:
    import extism
    from extism.extism import CompiledPlugin

    @extism.host_fn(name="kv_get", namespace="extism:host/user")  # type: ignore[untyped-decorator]
    def kv_get(key: str) -> str:
        return key

    wasm, text = guest.read_bytes(), INPUT.encode()
    if fresh:
        compiled = CompiledPlugin(wasm, functions=[kv_get])
        return lambda: extism.Plugin(compiled).call(function, text)
    plugin = extism.Plugin(wasm, functions=[kv_get])
    return lambda: plugin.call(function, text)


def extism_warm(guest: Path) -> Call:
    """Extism's Python SDK, one plugin kept."""
    return _extism("greet", guest)


def extism_host(guest: Path) -> Call:
    """The same with one host call."""
    return _extism("greet_kv", guest)


def extism_fresh(guest: Path) -> Call:
    """Extism, a fresh instance of a compiled plugin for each call."""
    return _extism("greet", guest, fresh=True)


SYNC: Final[dict[str, Callable[..., Call]]] = {
    "python": in_process,
    "stdio": stdio,
    "process": process_per_call,
    "extism": extism_warm,
    "extism-host": extism_host,
    "extism-fresh": extism_fresh,
}


def turn(call: Call, seconds: float) -> list[float]:
    """Return the microseconds of each call made within *seconds*."""
    clock = time.perf_counter_ns
    times: list[float] = []
    end = clock() + int(seconds * 1e9)
    while (start := clock()) < end and len(times) < MAX_CALLS:
        call()
        times.append((clock() - start) / 1e3)
    return times


async def async_turn(call: AsyncCall, seconds: float) -> list[float]:
    """Return the microseconds of each awaited call made within *seconds*."""
    clock = time.perf_counter_ns
    times: list[float] = []
    end = clock() + int(seconds * 1e9)
    while (start := clock()) < end and len(times) < MAX_CALLS:
        await call()
        times.append((clock() - start) / 1e3)
    return times


def told(times: list[float]) -> str:
    """Return a turn's figures as a line of JSON."""
    ordered = sorted(times)
    return json.dumps(
        {
            "p50": statistics.median(ordered),
            "p10": ordered[len(ordered) // 10],
            "p90": ordered[len(ordered) * 9 // 10],
            "calls": len(ordered),
        }
    )


def check(answer: Any) -> None:
    """Exit unless the subject does the work."""
    text = answer.decode() if isinstance(answer, bytes | bytearray) else answer
    if json.loads(text) != OUTPUT:
        sys.exit(f"wrong answer: {text!r}")


def run_sync(call: Call) -> None:
    """Serve the turns of a subject that blocks."""
    check(call())
    for _ in range(3 if "process" in sys.argv else WARM_UP):
        call()
    print("ready", flush=True)
    for line in sys.stdin:
        print(told(turn(call, float(line))), flush=True)


async def run_async(call: AsyncCall) -> None:
    """Serve the turns of a subject that is awaited."""
    check(await call())
    for _ in range(WARM_UP):
        await call()
    print("ready", flush=True)
    for line in sys.stdin:
        print(told(await async_turn(call, float(line))), flush=True)


def main() -> None:
    """Be one subject."""
    name, guest = sys.argv[1], Path(sys.argv[2])
    if name.startswith("lumos-"):
        from bench.sandbox.lumos import subject
        from lumosai.gateway.serve import run

        run(subject(name.removeprefix("lumos-"), guest, run_async))  # on the event loop that the host serves on
    else:
        run_sync(SYNC[name](guest) if name.startswith("extism") else SYNC[name]())


if __name__ == "__main__":
    main()
