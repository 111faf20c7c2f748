"""`http.fetch` as an agent has it: grants and settings from the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumosai_sdk import PermissionDeniedError

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost


async def test_what_was_granted_is_fetched(lumos_host: OpenHost, server: Any) -> None:
    grant = {"http": [f"GET {server.url}/*"]}
    async with lumos_host(plugins={"http": {"grant": grant, "settings": {"allow_private": True}}}) as host:
        assert (await host.call_tool("http.fetch", {"url": f"{server.url}/x"}))["body"] == "hello"
        with pytest.raises(PermissionDeniedError, match=r"\[plugins\.http\.grant\]"):
            await host.call_tool("http.fetch", {"url": f"{server.url}/x", "method": "POST"})


async def test_a_grant_alone_does_not_open_this_machine(lumos_host: OpenHost, server: Any) -> None:
    async with lumos_host(plugins={"http": {"grant": {"http": [f"* {server.url}/*"]}}}) as host:
        with pytest.raises(PermissionDeniedError, match="allow_private"):
            await host.call_tool("http.fetch", {"url": server.url})


async def test_without_a_grant_nothing_is(lumos_host: OpenHost, server: Any) -> None:
    async with lumos_host() as host:
        with pytest.raises(PermissionDeniedError, match=r"\[plugins\.http\.grant\]"):
            await host.call_tool("http.fetch", {"url": server.url})
    assert server.seen == []
