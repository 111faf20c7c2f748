"""Plain functions run in threads: those that never return hold up neither other tools nor the end of the process."""

from __future__ import annotations

import asyncio
import contextvars
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from lumosai import Agent
from lumosai_sdk import ToolCall, threads
from lumosai_sdk.errors import ToolError
from lumosai_sdk.testing.hosts import OpenHost
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.threads import in_thread

VARIABLE = contextvars.ContextVar("VARIABLE", default="unset")


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """An event that blocked functions wait for, set at the end whatever happens."""
    made = threading.Event()
    yield made
    made.set()


async def test_results_errors_and_context_come_through() -> None:
    def add(a: int, b: int = 0) -> tuple[int, str, bool]:
        return a + b, VARIABLE.get(), threading.current_thread().daemon

    VARIABLE.set("the caller's")
    assert await in_thread(add, 1, b=2) == (3, "the caller's", True)


@pytest.mark.parametrize("error", [ToolError("no"), SystemExit(3), KeyError("x")])
async def test_what_is_raised_is_raised_to_the_caller(error: BaseException) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(type(error)):
        await in_thread(fail)


async def test_a_stop_iteration_is_not_lost() -> None:
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        await in_thread(next, iter([]))


async def test_many_at_once_all_come_back() -> None:
    assert await asyncio.gather(*(in_thread(str, n) for n in range(2000))) == [str(n) for n in range(2000)]
    assert len(threads._POOL._idle) <= threads.KEEP


async def test_beyond_the_most_they_wait_their_turn(monkeypatch: pytest.MonkeyPatch, gate: threading.Event) -> None:
    monkeypatch.setattr(threads, "MOST", 3)
    monkeypatch.setattr(threads, "_POOL", pool := threads._Pool())
    blocked = [asyncio.create_task(in_thread(gate.wait, 30)) for _ in range(5)]
    await asyncio.sleep(0)
    assert (pool._threads, len(pool._waiting)) == (3, 2)
    gate.set()
    assert await asyncio.gather(*blocked) == [True] * 5


async def test_a_caller_that_is_cancelled_stops_waiting(gate: threading.Event) -> None:
    task = asyncio.create_task(in_thread(gate.wait, 30))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.set()
    assert await in_thread(str, 1) == "1"


async def test_tools_that_never_return_do_not_starve_the_others(
    lumos_host: OpenHost, scripted_model: ScriptedModel, gate: threading.Event
) -> None:
    def stuck() -> None:
        gate.wait(30)

    def quick() -> str:
        return "here"

    calls = tuple(ToolCall(f"s{n}", "stuck", "{}") for n in range(60))
    scripted_model.script([calls, ToolCall("q", "quick", "{}"), "done"])
    agent = Agent("a", model="test/m", tools=[stuck, quick])
    async with lumos_host(agents=[agent], limits={"tool_timeout": 0.05}) as host:
        # Whose circuit is open after so many is the plugin of the agent's own functions: give it another try.
        host._inline.breaker.threshold = 1000
        result = await host.run("a", "?")
        assert [m.text for m in result.messages if m.tool_call_id == "q"] == ["here"]


STUCK = """
import asyncio, threading
from lumosai import Agent, Host
from lumosai.config.load import build
from lumosai_sdk import ToolCall
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel

def stuck():
    threading.Event().wait()

async def main():
    config = build({"storage": {"use": "memory"}, "agents": {}, "limits": {"tool_timeout": 0.05}})
    async with Host(config, agents=[Agent("a", model="test/m", tools=[stuck])]) as host:
        contribute(host, "provider", "test", ScriptedModel([ToolCall("c", "stuck", "{}"), "gave up"]))
        print((await host.run("a", "?")).text, flush=True)

asyncio.run(main())
"""


def test_a_tool_that_never_returns_does_not_keep_the_process_from_ending() -> None:
    done = subprocess.run([sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "gave up\n", "")
