"""What the objects of all kinds share: how they call their plugin, on whose behalf, and what they believe of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, Protocol, TypeVar

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sdk import wire
from lumosai_sdk.errors import BlockedError, InputError, PermissionDeniedError, PluginError
from lumosai_sdk.jsontext import check_depth, check_weight
from lumosai_sdk.types.caller import CHAIN, Caller, current
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.tools import ToolContext

MAX_TEXT = 8 * 1024 * 1024
"""Characters of a value that the host itself hands to a guest: a conversation, a batch of events."""


LARGE = 128 * 1024
"""Characters of an answer that is not read on the event loop's thread."""
MAX_WEIGHT = 400_000
"""Of its values, see ``check_weight``: on whatever thread they are read, nobody else's runs meanwhile."""
MAX_DEPTH = 200
"""Of lists and objects in each other."""
T = TypeVar("T")
_serial = count(1)


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

    async def ours(self) -> bool:
        """Tell whether the component speaks the contract, or has plain functions, called by name with an object."""
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
        serial = f"#{next(_serial)}"  # what is kept for a call must not be taken for that of another
        if context is None:
            return current(self.plugin.name, serial)
        who = context.principal
        callers = context.callers if isinstance(context, ToolContext) else CHAIN.get()
        return Caller(
            who.tenant,
            who.id,
            context.run_id,
            context.agent,
            context.thread_id,
            getattr(context, "call_id", "") + serial,
            (*callers, self.plugin.name),
            who.scopes,
            who.credential,
            who.allowance,
        )

    @contextmanager
    def believing(self, what: str) -> Iterator[None]:
        """Turn the InputErrors of decoders into the plugin's failure: it answered with what it may not."""
        try:
            yield
        except InputError as e:
            raise PluginError(self.plugin.name, f"{what} {self.id!r}", f"its answer is not to be used: {e}") from None

    async def answer(self, what: str, text: str, decode: Callable[[Any], T]) -> T:
        """Return what *decode* makes of an answer's JSON. Raises PluginError where it is not what it must be."""
        with self.believing(what):
            if len(text) < LARGE:
                return decode(_loads(text))
            return await asyncio.to_thread(lambda: decode(_loads_large(text)))

    def failed(self, what: str, error: GuestError) -> PluginError:
        """Return the error for a guest that says of itself that it failed."""
        return PluginError(self.plugin.name, f"{what} {self.id!r}", error.message, hint=error.hint)


def _loads_large(text: str) -> Any:
    try:
        check_weight(text, MAX_WEIGHT)
    except ValueError as e:
        raise InputError(str(e)) from None
    return _loads(text)


def _loads(text: str) -> Any:
    if halved(text):
        raise InputError("it holds half of a character")
    try:
        check_depth(text, MAX_DEPTH)
    except ValueError as e:
        raise InputError(str(e)) from None
    return wire.loads(text)


def halved(text: str) -> bool:
    """Tell whether a JSON text spells half of a character: no other form can, so it fails wherever it goes next."""
    if "\\ud" not in text and "\\uD" not in text:
        return False
    try:
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return True
    except (ValueError, RecursionError):
        return False  # no JSON at all, which is told by whoever reads it
    return False


def fitting(text: str, limit: int, what: str) -> str:
    """Return *text* if it is no longer than *limit*. Raises InputError."""
    if len(text) > limit:
        raise InputError(f"{what} is larger than {limit} bytes, which is the most a sandboxed plugin is handed")
    return text


def as_it_is(value: T) -> T:
    """Decode any JSON value."""
    return value


def refusal(error: GuestError) -> PermissionDeniedError | BlockedError | None:
    """Return what a guest's refusal is to every kind; None if it is none."""
    if error.kind == "denied":
        return PermissionDeniedError(error.message, hint=error.hint)
    if error.kind == "blocked":
        return BlockedError(error.message, hint=error.hint)
    return None
