"""A host behind a socket, and the official client for its agents."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

pytest.importorskip("a2a")
Open = Callable[..., AbstractAsyncContextManager[Any]]
POOR = frozenset({"route.call", "agent.run", "run.read"})
PEOPLE = {"ada": POOR | {"run.resume", "run.cancel"}, "bob": POOR | {"run.resume", "run.cancel"}, "poor": POOR}


def wipe(disk: str) -> str:
    """Wipe a disk."""
    return f"wiped {disk}"


class Wait:
    """A tool that waits for what comes when a test says so."""

    def __init__(self) -> None:
        self.come = asyncio.Event()

    async def wait(self) -> str:
        """Wait for what does not come."""
        await self.come.wait()
        return "it came"


def agents(wait: Wait | None = None) -> list[Agent]:
    return [
        Agent("echo", model="scripted/echo", description="Repeats"),
        Agent("careful", model="test/m", tools=[wipe], approve=["wipe"]),
        Agent("curious", model="test/m", tools=["ask.person"]),
        Agent("cautious", model="test/m", tools=[(wait or Wait()).wait]),
        Agent("hidden", model="scripted/echo"),
    ]


class Tokens:
    """Knows people by tokens that are their names."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(name, scopes=PEOPLE[name], credential=f"key:{name}") if name in PEOPLE else None


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    """Serve an ASGI application on a free port of this machine."""
    import uvicorn

    # Of another protocol than 0 asyncio knows that it is TCP, and sends without delay.
    with socket.socket(proto=socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app, lifespan="off", log_level="critical", timeout_graceful_shutdown=0)
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        # Its main loop looks every tenth of a second whether it is to end: a test has no time for that.
        await server.startup(sockets=[listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.force_exit = True
            await server.shutdown(sockets=[listener])


@pytest.fixture
def a2a_host(lumos_host: OpenHost) -> Open:
    """Return a factory of hosts behind a socket; what it yields has ``url`` and ``host``."""

    @asynccontextmanager
    async def opened(*, people: bool = False, **settings: Any) -> AsyncIterator[Any]:
        settings = {"agents": ["echo", "c*"], **settings}
        more = {"server": {"auth": ["who.tokens"]}} if people else {}
        wait = Wait()
        async with lumos_host(agents=agents(wait), plugins={"a2a": {"settings": settings}}, **more) as host:
            if people:
                contribute(host, "auth", "who.tokens", Tokens())
            async with serving(create_app(host)) as url:
                host.url, host.come = url, wait.come
                yield host

    return opened


@asynccontextmanager
async def connected(url: str, agent: str = "echo", *, token: str = "", streaming: bool = True) -> AsyncIterator[Any]:
    """Connect the official client to an agent."""
    import httpx
    from a2a.client import ClientConfig, create_client

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=20) as http:
        where = f"{url}/plugins/a2a/agents/{agent}"
        made = await create_client(where, client_config=ClientConfig(streaming=streaming, httpx_client=http))
        made.http = http  # type: ignore[attr-defined]
        yield made


def message(text: str = "", **more: Any) -> Any:
    """Return a request that sends a message."""
    from a2a import types as a2a

    parts = more.pop("parts", None) or [a2a.Part(text=text)]
    configuration = more.pop("configuration", None)
    made = a2a.Message(message_id=uuid4().hex, role=a2a.Role.ROLE_USER, parts=parts, **more)
    return a2a.SendMessageRequest(message=made, configuration=configuration)


async def sent(client: Any, request: Any) -> list[Any]:
    """Send a message and return all that is answered."""
    return [answer async for answer in client.send_message(request)]
