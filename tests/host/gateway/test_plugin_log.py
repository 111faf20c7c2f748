"""A plugin's log, followed over HTTP: what ``lumos plugin dev`` shows of a host that runs elsewhere."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from lumosai.gateway import plugin_log
from lumosai.gateway.plugin_log import end_followers, followed
from lumosai_sdk.errors import ConflictError
from lumosai_sdk.types.events import PluginDenied

Open = Callable[..., Any]
LOG = logging.getLogger("lumosai.plugin.calculator")


def read(piece: bytes) -> tuple[str, Any]:
    event, data = piece.decode().strip().split("\n")
    return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_lines_of_all_levels_and_events_come_as_they_happen(gateway: Open) -> None:
    async with gateway() as service, aclosing(followed(service.host, "calculator")) as frames:
        before = LOG.level
        assert read(await anext(frames)) == ("following", {"plugin": "calculator"})
        LOG.debug("adding %d", 2)
        kind, line = read(await anext(frames))
        assert (kind, line["level"], line["message"]) == ("log", "debug", "adding 2")
        service.host.bus.publish(PluginDenied(at=1.0, plugin="time", detail="another's"))
        service.host.bus.publish(PluginDenied(at=1.0, plugin="calculator", detail="no"))
        kind, event = read(await anext(frames))
        assert (kind, event["type"], event["detail"]) == ("event", "plugin.denied", "no")
        end_followers(service.host)
        with pytest.raises(StopAsyncIteration):
            await anext(frames)
        assert LOG.level == before == logging.NOTSET
        assert LOG.handlers == []


async def test_a_client_that_is_slow_loses_the_oldest_and_is_told(
    gateway: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_log, "KEPT", 3)
    async with gateway() as service, aclosing(followed(service.host, "calculator")) as frames:
        await anext(frames)
        for number in range(5):
            service.host.bus.publish(PluginDenied(at=1.0, plugin="calculator", detail=str(number)))
        assert read(await anext(frames)) == ("left_out", {"count": 2})
        assert [read(await anext(frames))[1]["detail"] for _ in range(3)] == ["2", "3", "4"]


async def test_followers_are_no_more_than_a_few(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_log, "MAX_FOLLOWERS", 1)
    async with gateway() as service, aclosing(followed(service.host, "calculator")) as frames:
        await anext(frames)
        assert (await service.client.get("/v1/plugins/calculator/log")).status_code == 409
        with pytest.raises(ConflictError, match="follow the log"):
            await anext(followed(service.host, "calculator"))
        assert (await service.client.get("/v1/plugins/nobody/log")).status_code == 404
