"""One version of one plugin, loaded. Calls in flight keep it alive; a swap puts another in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any, TypeGuard, TypeVar

from lumosai.deadlines import Deadline
from lumosai.plugins.breaker import CircuitBreaker
from lumosai.plugins.index import Record
from lumosai.plugins.runtimes import runtime
from lumosai_sdk import trace
from lumosai_sdk.errors import (
    LumosError,
    PluginError,
    PluginLimitError,
    PluginLoadError,
    PluginTimeoutError,
    Suspend,
)
from lumosai_sdk.types.plugins import PluginContext

T = TypeVar("T")
DRAIN_SECONDS = 30.0
_NOT_OF_THE_PLUGIN = ("lumosai/", "lumosai_sdk/", "asyncio/", "concurrent/")


CURRENT: ContextVar[Generation | None] = ContextVar("lumosai_plugin", default=None)
"""The plugin that is being called."""


class Generation:
    """A plugin's record, the objects made from it, and the calls running in them."""

    def __init__(self, record: Record, context: PluginContext, on_failure: Callable[[Generation, str], None]) -> None:
        self.record = record
        self.context = context
        self.name: str = record["name"]
        self.breaker = CircuitBreaker(self.name)
        self._objects: dict[str, Any] = {}
        self._on_failure = on_failure
        self._in_flight = 0
        self._drained = asyncio.Event()
        self._drained.set()

    def obj(self, kind: str, contribution: Record) -> Any:
        """Return the object behind a contribution, made on first use. Raises PluginLoadError naming it."""
        key = self._key(kind, contribution)
        made = self._objects.get(key)
        if made is None:
            made = self._objects[key] = self._make(kind, contribution)
        return made

    def _key(self, kind: str, contribution: Record) -> str:
        """Return what contributions of one object have in common: the target, which means nothing in a component."""
        target: str = contribution["target"]
        return f"{kind} {contribution['id']}" if self.record.get("runtime") == "wasm" else target

    def _make(self, kind: str, contribution: Record) -> Any:
        try:
            return runtime(self.record)(self.record, kind, contribution, self.context)
        except PluginError:
            raise
        except LumosError as e:
            raise PluginLoadError(self.name, f"{kind} {contribution['id']!r}", e.message, hint=e.hint) from e
        except (Exception, SystemExit) as e:
            why = f"{type(e).__name__}: {e}"
            self._on_failure(self, f"loading {kind} {contribution['id']!r}: {why}")
            raise PluginLoadError(self.name, f"loading {kind} {contribution['id']!r}", why) from e

    def put(self, target: str, obj: Any) -> None:
        """Keep an object that the plugin itself made (``lumos_contribute``)."""
        self._objects[target] = obj

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Return an object that lives as long as this generation, made on first use."""
        if name not in self._objects:
            self._objects[name] = make()
        kept: T = self._objects[name]
        return kept

    async def guard(self, what: str, call: Callable[[], Awaitable[T]], limit: float | None = None) -> T:
        """Await ``call()`` on the plugin's account.

        LumosErrors pass through: they are the plugin speaking, unless one says that this plugin failed. That, and
        anything else, is its failure, counted by the breaker.
        Raises PluginError, PluginTimeoutError after *limit* seconds, PluginUnavailableError while the circuit is open.
        """
        breaker = self.breaker
        breaker.check()
        self.enter()
        before = CURRENT.set(self)
        try:
            if limit is None:
                result = await call()
            else:
                result = await self._timed(what, call, limit)
        except (LumosError, Suspend) as e:
            if self._is_own_failure(e):
                self._note_own(e.message)
            elif not isinstance(e, PluginTimeoutError):
                breaker.succeeded()
            raise
        except BaseException as e:
            if is_failure(e):
                raise self.failure(what, e) from e
            breaker.abandoned()
            raise
        else:
            breaker.succeeded()
            return result
        finally:
            CURRENT.reset(before)
            self.leave()

    def _is_own_failure(self, error: BaseException) -> TypeGuard[PluginError]:
        """Tell whether a runtime says that the plugin's code failed. What has a cause was counted where it was made."""
        kinds = {PluginError, PluginLimitError, PluginTimeoutError}
        return type(error) in kinds and getattr(error, "plugin", "") == self.name and error.__cause__ is None

    def _note_own(self, reason: str) -> None:
        """Note what a runtime says. Where each call has an instance of its own, it says nothing of the next call.

        Counted, it would let one tenant close a plugin to all others, by asking it for too much five times.
        """
        if self.record.get("runtime") == "wasm" and self.record.get("state", "none") == "none":
            self.breaker.abandoned()
            self._on_failure(self, reason)
        else:
            self._note(reason)

    async def _timed(self, what: str, call: Callable[[], Awaitable[T]], limit: float) -> T:
        scope = Deadline(limit)
        try:
            with scope:
                return await call()
        except TimeoutError as e:
            if not scope.expired:
                raise
            self._note(f"{what}: no answer in {limit:g} s")
            raise PluginTimeoutError(
                self.name, what, f"no answer in {limit:g} s", hint="raise the tool's timeout in its manifest"
            ) from e

    def failure(self, what: str, error: BaseException) -> PluginError:
        """Count an exception that escaped the plugin and return it as a PluginError."""
        why = f"{type(error).__name__}: {error}"
        for line in trace.lines(error, skip=_NOT_OF_THE_PLUGIN):
            self.context.log.error("%s", line)
        self._note(f"{what}: {why}")
        return PluginError(self.name, what, why)

    def _note(self, reason: str) -> None:
        opened = self.breaker.failed(reason)
        self._on_failure(self, f"{reason} (circuit opened)" if opened else reason)

    def enter(self) -> None:
        """A call begins."""
        self._in_flight += 1
        if self._in_flight == 1:
            self._drained.clear()

    def leave(self) -> None:
        """A call ended."""
        self._in_flight -= 1
        if self._in_flight == 0:
            self._drained.set()

    async def retire(self, drain: float = DRAIN_SECONDS) -> None:
        """Wait for the calls in flight, at most *drain* seconds, then close the objects."""
        try:
            async with asyncio.timeout(drain):
                await self._drained.wait()
        except TimeoutError:
            self._on_failure(self, f"{self._in_flight} calls still ran {drain:g} s after it was replaced")
        objects, self._objects = list({id(o): o for o in self._objects.values()}.values()), {}
        for obj in objects:
            await self._close(obj)

    async def _close(self, obj: Any) -> None:
        close = getattr(obj, "aclose", None)
        if close is None:
            return
        try:
            async with asyncio.timeout(10):
                await close()
        except BaseException as e:  # a plugin that cannot close must not stop the others from closing
            if not is_failure(e):
                raise
            self._on_failure(self, f"closing: {type(e).__name__}: {e}")


def is_failure(error: BaseException) -> bool:
    """Tell whether what a plugin raised is its failure: it can neither end the process nor cancel its caller."""
    if isinstance(error, asyncio.CancelledError):
        task = asyncio.current_task()
        return task is not None and not task.cancelling()
    return isinstance(error, Exception | SystemExit)
