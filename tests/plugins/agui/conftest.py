"""A host that is called in process, and a client of the official types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from lumosai import Agent
from lumosai.gateway.app import create_app
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.auth import AuthRequest, Principal

if TYPE_CHECKING:
    from lumosai_sdk.testing.hosts import OpenHost

pytest.importorskip("ag_ui")
Open = Callable[..., AbstractAsyncContextManager[Any]]
SCOPES = frozenset({"route.call", "agent.run", "run.read", "run.resume"})
PEOPLE = {"ada": SCOPES, "bob": SCOPES, "poor": SCOPES - {"run.resume"}}


def wipe(disk: str) -> str:
    """Wipe a disk."""
    return f"wiped {disk}"


def agents() -> list[Agent]:
    return [
        Agent("echo", model="scripted/echo"),
        Agent("careful", model="test/m", tools=[wipe, "calculator.evaluate"], approve=["wipe"]),
        Agent("curious", model="test/m", tools=["ask.person"]),
        Agent("painter", model="test/m", tools=["agui.client", wipe], approve=["wipe"]),
        Agent("drawer", model="test/m", tools=["agui.state", "agui.client"]),
        Agent("hidden", model="scripted/echo"),
    ]


class Tokens:
    """Knows people by tokens that are their names."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        name = request.headers.get("authorization", "").removeprefix("Bearer ")
        return Principal(name, scopes=PEOPLE[name], credential=f"key:{name}") if name in PEOPLE else None


class Client:
    """Sends inputs and reads events, each checked against its official type."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http
        self._runs = 0

    async def post(self, agent: str, given: Any, *, token: str = "") -> httpx2.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        content = given if isinstance(given, bytes) else json.dumps(given).encode()
        return await self.http.post(f"/plugins/agui/agents/{agent}", content=content, headers=headers)

    async def run(self, agent: str, *messages: Any, thread: str = "t1", token: str = "", **more: Any) -> list[Any]:
        """Run an agent and return the events."""
        from ag_ui.core import RunAgentInput

        self._runs += 1
        said = [m if isinstance(m, dict) else {"role": "user", "content": m} for m in messages]
        said = [{"id": f"m{self._runs}-{n}", **m} for n, m in enumerate(said)]
        given = {"threadId": thread, "runId": f"r{self._runs}", "messages": said, **more}
        RunAgentInput.model_validate(given)
        response = await self.post(agent, given, token=token)
        assert response.status_code == 200, response.text  # noqa: PLR2004
        return events(response.text)


def events(text: str) -> list[Any]:
    """Return the events of a stream."""
    from ag_ui.core import Event
    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(Event)
    found = [b.removeprefix("data: ") for b in text.split("\n\n") if b.startswith("data: ")]
    return [adapter.validate_json(b) for b in found]


@pytest.fixture
def agui_host(lumos_host: OpenHost) -> Open:
    """Return a factory of clients of hosts."""

    @asynccontextmanager
    async def opened(*, people: bool = False, is_bare: bool = False, **settings: Any) -> AsyncIterator[Any]:
        settings = {"agents": ["echo", "c*", "painter", "drawer"], **settings}
        more = {"server": {"auth": ["who.tokens"]}} if people else {}
        async with lumos_host(
            agents=[] if is_bare else agents(), plugins={"agui": {"settings": settings}}, **more
        ) as host:
            if people:
                contribute(host, "auth", "who.tokens", Tokens())
            transport = httpx2.ASGITransport(create_app(host), client=("127.0.0.1", 5))
            async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
                client = Client(http)
                client.host = host  # type: ignore[attr-defined]
                yield client

    return opened
