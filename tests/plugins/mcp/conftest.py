"""A server that does what a test wants of it, and a host that knows it."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lumosai import Agent

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

SCRIPT = Path(__file__).with_name("crooked.py")
pytest.importorskip("mcp")
Open = Callable[..., AbstractAsyncContextManager[Any]]


def crooked(**settings: Any) -> dict[str, Any]:
    """Return the settings of the server, which is trusted as it first is unless they say otherwise."""
    made = {"command": sys.executable, "args": [str(SCRIPT)], "read": [str(SCRIPT.parent)], "trust_on_first_use": True}
    return {**made, **settings}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that do not end by themselves are ended soon."""
    monkeypatch.setattr("lumosai_plugins.mcp.pipes.GRACE", 0.1)


@pytest.fixture
def behave(tmp_path: Path) -> Callable[..., None]:
    """Return what tells the server ``x`` how to be from now on."""

    def told(**how: Any) -> None:
        home = tmp_path / "lumos-data" / "plugins" / "mcp" / "servers" / "x"
        home.mkdir(parents=True, exist_ok=True)
        (home / "behave.json").write_text(json.dumps(how))

    return told


@pytest.fixture
def with_servers(lumos_host: OpenHost) -> Open:
    """Return a factory of hosts with servers, and an agent ``a`` that has all their tools."""

    @asynccontextmanager
    async def opened(servers: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[Any]:
        servers = {"x": crooked()} if servers is None else servers
        settings = {"servers": servers, **more.pop("settings", {})}
        agents = more.pop("agents", [Agent("a", model="test/m", tools=["mcp.*"])])
        async with lumos_host(agents=agents, plugins={"mcp": {"settings": settings}}, **more) as host:
            yield host

    return opened
