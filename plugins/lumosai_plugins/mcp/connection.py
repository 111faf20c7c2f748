"""A server, connected when it is needed, and again when it has died."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any, TypeVar

from lumosai_plugins.mcp.calls import Call, Calls
from lumosai_plugins.mcp.text import clean
from lumosai_sdk.errors import LumosError, MissingExtraError, ToolError
from lumosai_sdk.types.caller import current

if TYPE_CHECKING:
    from mcp import Client

    from lumosai_plugins.mcp.oauth import Login
    from lumosai_plugins.mcp.offers import Offered
    from lumosai_plugins.mcp.settings import ServerSettings
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.tools import ToolContext

T = TypeVar("T")
FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
PATIENCE = 5.0
"""Seconds a call waits for a server that is to be started again; beyond, it is told when."""
STEADY = 30.0
"""Seconds after which a server that died is one that had run."""
RECHECK = 300.0
"""Seconds after which a server is asked again what it offers, should it not say itself that it changed."""
MAX_PAGES = 64
MAX_ERROR = 1000
NOT_ISOLATED = "lumosai: not isolated"
"""How the launcher begins the line that says so."""
_REFUSED = -32000


class Connection:
    """One server. ``verify`` is told what it offers each time that is asked, before any call is made."""

    def __init__(
        self,
        settings: ServerSettings,
        context: PluginContext,
        verify: Callable[[Offered], None],
        login: Login | None = None,
    ) -> None:
        self.settings = settings
        self.calls = Calls(settings, context)
        self._context = context
        self._verify = verify
        self._login = login
        self._client: Client | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._ended = asyncio.Event()
        self._opening = asyncio.Lock()
        self._failures = 0
        self._not_before = 0.0
        self._looked = 0.0
        self.state = "idle"
        """In one word: ``idle``, ``connected``, ``down``."""
        self.error = ""
        """Why it is down."""
        self._last_line = ""

    async def call(
        self, what: str, context: ToolContext, act: Callable[[Client], Awaitable[T]], refused: Callable[[], str | None]
    ) -> T:
        """Do something with the connected server for a call.

        *refused* tells, once the server has said what it offers now, why the call is not made all the same. Raises
        ToolError for what fails, Suspend.
        """
        client = await self.open()
        if why := refused():
            raise ToolError(why)
        async with self.calls.making(Call(context, current(self._context.name, context.call_id), what)):
            try:
                return await act(client)
            except (LumosError, asyncio.CancelledError):
                raise
            except Exception as e:  # noqa: BLE001 - the SDK and what it stands on have many
                raise self._failed(what, e) from None
        raise AssertionError  # a call that neither returns nor raises there is none

    def _failed(self, what: str, error: Exception) -> ToolError:
        """Return what the model is told of a call that failed; a connection that is of no more use is given up."""
        code, text = getattr(error, "code", None), clean(_reason(error), MAX_ERROR)
        if code == _REFUSED or code is None or "session" in text.lower():
            self._ended.set()
            return ToolError(
                f"{what}: the connection to the MCP server {self.settings.name!r} broke: {text}; "
                "whether the call was done is not known"
            )
        return ToolError(f"{what}: {text}")

    async def open(self) -> Client:
        """Return the connected client. Raises ToolError while the server cannot be had, LumosError."""
        async with self._opening:
            if self._client is None or self._ended.is_set():
                await self._connect()
            elif asyncio.get_running_loop().time() - self._looked > RECHECK:
                await self._look(self._client)
            if self._client is None:
                raise ToolError(f"the MCP server {self.settings.name!r} went as soon as it had come")
            return self._client

    async def _connect(self) -> None:
        await self._close()
        await self._wait()
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        self._ended = asyncio.Event()
        # In no one's context: what is started for one caller serves all who come after.
        name = f"lumos-mcp-{self.settings.name}"
        self._keeper = loop.create_task(self._keep(ready, self._ended), name=name, context=Context())
        try:
            await asyncio.shield(ready)
        except LumosError as e:
            self._note_failure(e.message)
            raise
        except asyncio.CancelledError:
            self._ended.set()
            self._keeper.cancel()
            raise

    async def _wait(self) -> None:
        left = self._not_before - asyncio.get_running_loop().time()
        if left > PATIENCE:
            raise ToolError(
                f"the MCP server {self.settings.name!r} is down ({self.error}); it is tried again in {left:.0f} s"
            )
        if left > 0:
            await asyncio.sleep(left)

    def _note_failure(self, why: str) -> None:
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2**self._failures) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        self._failures = min(self._failures + 1, 16)
        self._not_before = asyncio.get_running_loop().time() + wait
        self.state, self.error = "down", why

    async def _keep(self, ready: asyncio.Future[None], ended: asyncio.Event) -> None:
        """Hold the connection from its beginning to its end: what the SDK opens, the same task must close."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with contextlib.AsyncExitStack() as stack:
                async with asyncio.timeout(self.settings.start_timeout + (self._login.seconds if self._login else 0)):
                    client = await stack.enter_async_context(await self._made(stack, ended))
                    await self._look(client)
                self._client, self.state, self.error = client, "connected", ""
                ready.set_result(None)
                await ended.wait()
                self._client = None
        except (Exception, asyncio.CancelledError) as e:  # noqa: BLE001 - of whatever kind, it is told to who waits
            if not ready.done():
                ready.set_exception(self._not_had(e))
        finally:
            self._client = None
            if self.state == "connected":
                self._note_end(loop.time() - began)

    def _note_end(self, lasted: float) -> None:
        if lasted >= STEADY:
            self._failures = 0
        self._note_failure("it ended")

    def _not_had(self, error: BaseException) -> LumosError:
        if isinstance(error, LumosError):
            return error
        if isinstance(error, TimeoutError):
            why = f"it did not say what it offers within {self.settings.start_timeout:g} s (start_timeout)"
        else:
            why = clean(_reason(error), MAX_ERROR)
        # What it wrote to its log is for its owner, not for models: a hint is shown to people only.
        hint = f"the last it said: {self._last_line}" if self._last_line else None
        return ToolError(f"the MCP server {self.settings.name!r} cannot be had: {why}", hint=hint)

    async def _made(self, stack: contextlib.AsyncExitStack, ended: asyncio.Event) -> Client:
        try:
            from mcp import Client
        except ImportError:
            raise MissingExtraError("the plugin 'mcp'", "mcp") from None
        from mcp_types import Implementation

        settings, calls = self.settings, self.calls
        return Client(
            await self._transport(stack, ended),
            client_info=Implementation(name="LumosAI", version=self._context.version),
            read_timeout_seconds=None,
            elicitation_callback=calls.elicit if settings.elicitation else None,
            sampling_callback=calls.sample if settings.sampling else None,
            message_handler=self._heard,
            cache=None,
        )

    async def _transport(self, stack: contextlib.AsyncExitStack, ended: asyncio.Event) -> Any:
        settings, context = self.settings, self._context
        if settings.url is None:
            from lumosai_plugins.mcp.launch import launch
            from lumosai_plugins.mcp.pipes import pipes

            self._last_line = ""
            made = await asyncio.to_thread(launch, settings, context)
            return pipes(made, settings.max_message, self._said, ended.set)
        from mcp.client.streamable_http import streamable_http_client

        from lumosai_plugins.mcp.oauth import provider
        from lumosai_plugins.mcp.web import client

        http = await stack.enter_async_context(client(settings, provider(settings, context.data_dir, self._login)))
        return streamable_http_client(settings.url, http_client=http, max_sse_event_size=settings.max_message)

    def _said(self, text: str) -> None:
        if text.startswith(NOT_ISOLATED):
            self._context.log.warning("MCP server %s runs with your rights (isolation): %s", self.settings.name, text)
        self._last_line = text
        self._context.log.info("%s: %s", self.settings.name, text)

    async def _heard(self, message: Any) -> None:
        if type(message).__name__ == "ToolListChangedNotification":
            self._looked = float("-inf")  # asked for again before the next call

    async def _look(self, client: Client) -> None:
        """Ask the server what it offers now, and have it verified. Raises LumosError, MCPError."""
        from lumosai_plugins.mcp.offers import MAX_TOOLS, offered

        tools: list[Any] = []
        has = client.server_capabilities
        cursor: str | None = None
        for _ in range(MAX_PAGES if has.tools is not None else 0):
            page = await client.list_tools(cursor=cursor)
            tools += page.tools
            if not (cursor := page.next_cursor) or len(tools) > MAX_TOOLS:
                break
        self._looked = asyncio.get_running_loop().time()
        resources = has.resources is not None and await _has_resources(client)
        prompts = has.prompts is not None and bool((await client.list_prompts()).prompts)
        self._verify(offered(tools, resources=resources, prompts=prompts))

    async def aclose(self) -> None:
        """End the connection; calls under way fail."""
        async with self._opening:
            await self._close()
            self.state = "idle"

    async def _close(self) -> None:
        keeper, self._keeper = self._keeper, None
        self._ended.set()
        if keeper is not None:
            await asyncio.wait([keeper])


async def _has_resources(client: Client) -> bool:
    """Tell whether there is one: many servers say that they have resources, and have none."""
    if (await client.list_resources()).resources:
        return True
    return bool((await client.list_resource_templates()).resource_templates)


def _reason(error: BaseException) -> str:
    """Return what went wrong, of a group of failures the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
