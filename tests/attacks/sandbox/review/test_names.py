"""A name server that never answers: looking up takes a thread for as long as the system likes, whoever waits."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lumosai_sandbox.capabilities.http import guard
from lumosai_sdk.wireerrors import FarError


@pytest.fixture
def stuck(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let names below evil.example be looked up for ever, and others at once."""
    release = threading.Event()
    asked: list[str] = []

    def slow(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        if host.endswith("evil.example"):
            release.wait(20)
            raise OSError("no answer")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    yield asked
    release.set()


async def flood(plugin: Any, most: int) -> list[FarError]:
    found = []
    for i in range(most):
        request = json.dumps({"url": f"https://h{i}.evil.example/", "timeout": 0.001})
        with pytest.raises(FarError) as caught:
            await plugin.ask("http.fetch", request, call=str(i))
        found.append(caught.value)
    return found


async def test_names_that_are_never_answered_take_no_thread_from_others(
    plugin: Callable[..., Any], stuck: list[str]
) -> None:
    evil = plugin({"http": ["GET https://*.evil.example/*"]}, lookup=None)
    errors = await flood(evil, 60)
    assert len(stuck) <= guard.MOST_LOOKUPS
    assert "looked up" in errors[-1].message
    async with asyncio.timeout(2):  # before: the host's own threads were all asleep
        assert await asyncio.to_thread(lambda: "awake") == "awake"


async def test_another_plugins_names_are_still_looked_up(plugin: Callable[..., Any], stuck: list[str]) -> None:
    evil = plugin({"http": ["GET https://*.evil.example/*"]}, lookup=None)
    honest = plugin({"http": ["GET https://honest.example/*"]}, name="q", lookup=None)
    await flood(evil, 20)
    with pytest.raises(Exception, match="not on the public internet"):  # that is: its name was looked up
        async with asyncio.timeout(2):
            await honest.fetch("https://honest.example/")
