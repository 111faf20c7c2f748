"""A remote agent, called by the official client: its card, and one message at a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, NoReturn
from uuid import uuid4

from lumosai_sdk.errors import ConfigError, MissingExtraError, ToolError

if TYPE_CHECKING:
    import httpx
    from a2a import types as a2a
    from a2a.client import Client

    from lumosai_plugins.a2a.settings import RemoteSettings
    from lumosai_sdk.kinds.storage import KeyValueStore

CARD_LASTS = 300.0
"""Seconds after which a card is looked at again."""
_CANCEL = 5.0
_SHOWN = 500


class Remote:
    """One agent elsewhere."""

    def __init__(self, settings: RemoteSettings) -> None:
        self.settings = settings
        self._card: tuple[a2a.AgentCard, float] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def ask(self, message: str, context: str | None, task: str | None, store: KeyValueStore) -> dict[str, Any]:
        """Send a message and return what came of it. Raises ToolError, ConfigError, MissingExtraError."""
        from lumosai_plugins.a2a.hearing import Hearing

        hearing = Hearing(self.settings.max_result)
        try:
            async with asyncio.timeout(self.settings.timeout), self._connected(store) as client:
                try:
                    async with aclosing(_sent(client, message, context, task)) as answers:  # type: ignore[type-var]
                        async for answer in answers:
                            hearing.hear(answer)
                except BaseException:
                    self._leave(hearing.open_task)
                    raise
        except TimeoutError:
            raise ToolError(f"the agent {self.settings.name!r} did not answer in {self.settings.timeout:g} s") from None
        return hearing.result()

    @asynccontextmanager
    async def _connected(self, store: KeyValueStore | None) -> AsyncIterator[Client]:
        """Connect to where the accepted card says; without a *store* to where the last one said."""
        with _failures(self.settings):
            from a2a.client import ClientConfig, ClientFactory

            from lumosai_plugins.a2a.guard import client

            async with client(self.settings) as http:
                card = await self._accepted(http, store)
                yield ClientFactory(ClientConfig(httpx_client=http)).create(card)

    async def _accepted(self, http: httpx.AsyncClient, store: KeyValueStore | None) -> a2a.AgentCard:
        from lumosai_plugins.a2a import pins

        now = time.monotonic()
        if self._card is not None and (store is None or now - self._card[1] < CARD_LASTS):
            return self._card[0]
        card = await fetch(http, self.settings)
        if store is not None and not await pins.matches(store, self.settings, pins.digest(card)):
            raise ToolError(
                f"the agent {self.settings.name!r} shows another card than the one that was accepted, and is not "
                f"called; its owner decides with: lumos a2a accept {self.settings.name}"
            )
        self._card = (usable(card, self.settings), now)
        return self._card[0]

    async def card(self) -> a2a.AgentCard:
        """Return the card as it is now. Raises ToolError, ConfigError, MissingExtraError."""
        with _failures(self.settings):
            from lumosai_plugins.a2a.guard import client

            async with asyncio.timeout(self.settings.timeout), client(self.settings) as http:
                return await fetch(http, self.settings)

    def _leave(self, task: str | None) -> None:
        """Tell the agent that nobody waits any more."""
        if task is not None:
            leaving = asyncio.create_task(self._cancelled(task), name="lumos-a2a-cancel")
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _cancelled(self, task: str) -> None:
        from a2a.types import CancelTaskRequest

        with suppress(Exception):  # it was asked; what it does with it is its own matter
            async with asyncio.timeout(_CANCEL), self._connected(None) as client:
                await client.cancel_task(CancelTaskRequest(id=task))

    async def aclose(self) -> None:
        """Wait until agents have been told."""
        if self._leaving:
            await asyncio.wait(self._leaving)


async def _sent(client: Client, message: str, context: str | None, task: str | None) -> AsyncIterator[Any]:
    from a2a import types as a2a

    made = a2a.Message(
        message_id=uuid4().hex,
        role=a2a.Role.ROLE_USER,
        parts=[a2a.Part(text=message)],
        context_id=context or "",
        task_id=task or "",
    )
    async for answer in client.send_message(a2a.SendMessageRequest(message=made)):
        yield answer


async def fetch(http: httpx.AsyncClient, settings: RemoteSettings) -> a2a.AgentCard:
    """Return the card of a remote agent, whatever it says."""
    from a2a.client import A2ACardResolver

    return await A2ACardResolver(http, settings.url).get_agent_card()


def usable(card: a2a.AgentCard, settings: RemoteSettings) -> a2a.AgentCard:
    """Return the card with the interfaces that are where the agent is. Raises ToolError when none is.

    A card that sends calls to another origin would have them, and the token, go to whom the owner did not name.
    """
    import httpx
    from a2a.types import AgentCard

    from lumosai_plugins.a2a.guard import origin

    home = origin(httpx.URL(settings.url))
    kept = [
        i for i in card.supported_interfaces if i.protocol_binding == "JSONRPC" and origin(httpx.URL(i.url)) == home
    ]
    if not kept:
        raise ToolError(f"the card of {settings.name!r} names no JSON-RPC interface at {home[0]}://{home[1]}:{home[2]}")
    out = AgentCard()
    out.CopyFrom(card)
    del out.supported_interfaces[:]
    out.supported_interfaces.extend(kept)
    return out


class _failures:  # noqa: N801 - it is used as a function
    """What goes wrong out there as errors for a model: bounded, and nothing of what was sent."""

    def __init__(self, settings: RemoteSettings) -> None:
        self._name = settings.name

    def __enter__(self) -> None:
        try:
            import a2a.client  # noqa: F401
        except ImportError:
            raise MissingExtraError("calling A2A agents", "a2a") from None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        import httpx
        from a2a.client.errors import A2AClientError
        from a2a.utils.errors import A2AError
        from google.protobuf.json_format import ParseError

        if isinstance(error, ToolError | ConfigError):
            return
        if isinstance(error, A2AClientError | A2AError | httpx.HTTPError | httpx.InvalidURL | ParseError):
            self._fail(error)
        if isinstance(error, ValueError | KeyError | TypeError | RecursionError):
            raise ToolError(f"the agent {self._name!r} answered with something that is not A2A") from None

    def _fail(self, error: Exception) -> NoReturn:
        said = str(error)[:_SHOWN] or type(error).__name__
        raise ToolError(f"the agent {self._name!r} failed: {said}") from None
