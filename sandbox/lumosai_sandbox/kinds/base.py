"""What the objects of all kinds share: how they call their plugin, on whose behalf, and what they believe of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sdk import wire
from lumosai_sdk.errors import BlockedError, InputError, PermissionDeniedError, PluginError
from lumosai_sdk.types.caller import CHAIN, Caller, current
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.tools import ToolContext

MAX_TEXT = 8 * 1024 * 1024
"""Characters of a value that the host itself hands to a guest: a conversation, a batch of events."""


class Calls(Protocol):
    """A sandboxed plugin, as its objects see it."""

    @property
    def name(self) -> str: ...

    @property
    def limits(self) -> Limits:
        """The limits in force, as far as they can be told before the component was read."""
        ...

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call an export; raises what ``Runner.call`` raises."""
        ...

    async def ask(self, function: str, *texts: str, caller: Caller) -> str:
        """Ask the host what the plugin's code might ask it, under the plugin's rights. Raises LumosError."""
        ...

    async def forget(self, caller: Caller) -> None:
        """Let go of what was asked for on behalf of *caller*."""
        ...

    async def let_go(self, holder: object) -> None:
        """One of the plugin's objects was closed."""
        ...


class Adapter:
    """One contribution of a plugin."""

    def __init__(self, plugin: Calls, contribution: Mapping[str, Any]) -> None:
        self.plugin = plugin
        self.id: str = contribution["id"]

    async def aclose(self) -> None:
        """Let go of the plugin, which ends with the last of its objects."""
        await self.plugin.let_go(self)

    def caller(self, context: ToolContext | RunInfo | None = None) -> Caller:
        """Return on whose behalf a call is made; with no *context*, of whatever the host is at work for."""
        if context is None:
            return current(self.plugin.name)
        who = context.principal
        callers = context.callers if isinstance(context, ToolContext) else CHAIN.get()
        return Caller(
            who.tenant,
            who.id,
            context.run_id,
            context.agent,
            context.thread_id,
            getattr(context, "call_id", ""),
            (*callers, self.plugin.name),
            who.scopes,
        )

    @contextmanager
    def believing(self, what: str) -> Iterator[None]:
        """Turn the InputErrors of decoders into the plugin's failure: it answered with what it may not."""
        try:
            yield
        except InputError as e:
            raise PluginError(self.plugin.name, f"{what} {self.id!r}", f"its answer is not to be used: {e}") from None

    def value(self, what: str, text: str) -> Any:
        """Return the value of an answer's JSON. Raises PluginError."""
        with self.believing(what):
            found = wire.loads(text)
            # JSON can spell half of a character, which nothing else can: it would fail wherever it is sent next.
            if "\\ud" in text.lower() and not _is_text(found):
                raise InputError("it holds half of a character")
            return found

    def failed(self, what: str, error: GuestError) -> PluginError:
        """Return the error for a guest that says of itself that it failed."""
        return PluginError(self.plugin.name, f"{what} {self.id!r}", error.message, hint=error.hint)


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def fitting(text: str, limit: int, what: str) -> str:
    """Return *text* if it is no longer than *limit*. Raises InputError."""
    if len(text) > limit:
        raise InputError(f"{what} is larger than {limit} bytes, which is the most a sandboxed plugin is handed")
    return text


def refusal(error: GuestError) -> PermissionDeniedError | BlockedError | None:
    """Return what a guest's refusal is to every kind; None if it is none."""
    if error.kind == "denied":
        return PermissionDeniedError(error.message, hint=error.hint)
    if error.kind == "blocked":
        return BlockedError(error.message, hint=error.hint)
    return None
