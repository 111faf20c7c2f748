"""JSON that is small to send and long to read: while it is read, Python runs nothing else in the whole process."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from lumosai_sandbox.kinds.base import Adapter
from lumosai_sdk.errors import InputError, PluginError
from lumosai_sdk.jsontext import check_weight

AT_MOST = 0.5
MIB = 1024 * 1024
BOMBS = ["[]", "{}", '{"":0}', "1", '""', "[[]]"]


def bomb(piece: str, size: int) -> str:
    return f"[{','.join([piece] * (size // (len(piece) + 1)))}]"


class _Calls:
    name = "evil"


def adapter() -> Adapter:
    calls: Any = _Calls()
    return Adapter(calls, {"id": "evil.t"})


@pytest.mark.parametrize("piece", BOMBS)
async def test_an_answer_of_very_many_values_is_refused_before_it_is_read(piece: str) -> None:
    worst = await _worst(lambda: _refused(adapter(), bomb(piece, 8 * MIB)))
    assert worst < AT_MOST  # before: 0.5 to 4 s


async def _refused(to: Adapter, text: str) -> None:
    with pytest.raises(PluginError, match="values"):
        await to.answer("tool", text, lambda v: v)


async def _worst(attack: Callable[[], Any]) -> float:
    """Return the longest that the event loop did not answer, the best of a few attempts."""
    best = 9.0
    for _ in range(3):
        gaps, stop = [0.0], asyncio.Event()

        async def watch(gaps: list[float], stop: asyncio.Event) -> None:
            last = time.perf_counter()
            while not stop.is_set():
                await asyncio.sleep(0.001)
                gaps.append(time.perf_counter() - last)
                last = time.perf_counter()

        task = asyncio.create_task(watch(gaps, stop))
        await asyncio.sleep(0)
        await attack()
        stop.set()
        await task
        best = min(best, max(gaps))
    return best


@pytest.mark.parametrize(
    "value",
    [
        "x" * MIB,
        ",[{" * 300_000,
        '"' * 200_000,
        [{"city": "Rome", "rain": 0.5}] * 20_000,
        [0.25] * 400_000,
        ["é,"] * 50_000,
    ],
    ids=["text", "csv", "quotes", "rows", "vector", "strings"],
)
async def test_large_honest_answers_are_read(value: Any) -> None:
    assert await adapter().answer("tool", json.dumps(value), lambda v: v) == value


@pytest.mark.parametrize("piece", BOMBS)
async def test_a_request_of_very_many_values_is_refused_before_it_is_read(
    plugin: Callable[..., Any], piece: str
) -> None:
    made = plugin({"http": ["GET https://example.org/*"], "tools": ["*"]})
    for function, texts in (("http.fetch", (bomb(piece, MIB - 2),)), ("tools.call", ("t", bomb(piece, MIB - 2)))):
        with pytest.raises(InputError, match="values"):
            await made.ask(function, *texts)


async def test_a_large_honest_request_is_read(plugin: Callable[..., Any]) -> None:
    made = plugin({"http": ["GET http://127.0.0.1:1/*"]})
    body = ",[{" * (300 * 1024)
    with pytest.raises(Exception, match=r"not granted"):
        await made.ask("http.fetch", json.dumps({"url": "https://example.com/", "body": body}))


@pytest.mark.parametrize(
    "text", ['"' + '\\"' * MIB, "[" + " " * MIB, "[" + "1" * MIB, '"' + "\\" * MIB, "[ " * 1000 + "1" * MIB]
)
def test_weighing_takes_no_longer_for_what_is_no_json(text: str) -> None:
    began = time.perf_counter()
    check_weight(text, MIB)
    assert time.perf_counter() - began < 4 * AT_MOST
