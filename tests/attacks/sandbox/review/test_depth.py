"""JSON nested so deeply that it can just be read: whoever writes it later, where Python's stack is deeper, fails.

An event of a plugin's is such a thing: those who follow all events are not those who let it in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lumosai_sandbox.kinds.base import Adapter
from lumosai_sdk import wire
from lumosai_sdk.errors import InputError, PluginError

FRAMES = 150
"""Of a server, an application, its layers and a stream's encoder, more than where the event came from."""
SLACK = 100


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def further_down(frames: int, do: Callable[[], Any]) -> Any:
    return do() if frames == 0 else further_down(frames - 1, do)


def deepest() -> int:
    """Return how deep JSON may be nested that is read from here."""
    for depth in range(1000, 100, -10):
        try:
            json.loads(nested(depth))
        except RecursionError:
            continue
        return depth - SLACK
    raise AssertionError


async def test_no_event_is_too_deep_for_who_follows(plugin: Callable[..., Any]) -> None:
    made = plugin()
    for depth in (deepest(), 201):
        with pytest.raises(InputError, match="nested"):
            await made.ask("events.emit", "poison", nested(depth))
    assert made.events == []
    await made.ask("events.emit", "honest", nested(200))
    assert "honest" in further_down(FRAMES, lambda: wire.dumps(made.events[0].to_json()))


async def test_nothing_is_asked_that_is_too_deep(plugin: Callable[..., Any]) -> None:
    made = plugin({"tools": ["*"]})
    text = f'{{"a":{nested(500)}}}'
    for function, texts in (("http.fetch", (text,)), ("tools.call", ("t", text))):
        with pytest.raises(InputError, match="nested"):
            await made.ask(function, *texts)


@pytest.mark.parametrize("size", [0, 200_000])
async def test_no_answer_is_too_deep_for_who_asked(size: int) -> None:
    calls: Any = type("Calls", (), {"name": "evil"})()
    adapter = Adapter(calls, {"id": "evil.t"})
    text = f'{{"a": "{"x" * size}", "b": {nested(199)}}}'
    assert further_down(FRAMES, lambda: json.dumps(json.loads(text)))
    assert await adapter.answer("tool", text, lambda v: v) == json.loads(text)
    assert await adapter.answer("tool", json.dumps("[" * 5000 + '"{'), lambda v: v) == "[" * 5000 + '"{'
    assert await adapter.answer("tool", json.dumps([[]] * 5000), lambda v: v) == [[]] * 5000
    with pytest.raises(PluginError, match="nested"):
        await adapter.answer("tool", f'{{"a": "{"x" * size}", "b": {nested(500)}}}', lambda v: v)
