"""A live instance of a guest, and its calls. Everything is polled: nothing here waits, or knows of an event loop."""

from __future__ import annotations

import ctypes
import sys
import weakref
from collections.abc import Callable
from ctypes import addressof, sizeof
from typing import Any

from lumosai_sandbox.engine import capi
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.errors import ResultTooLargeError, TrapError, cause
from lumosai_sandbox.engine.hostcalls import HostCall, waiters
from lumosai_sandbox.limits import Limits

_TEXTS: tuple[Any, ...] = tuple(capi.Text * n for n in range(5))
FIRST_SLICE = 2
"""Ticks. With one, a call that happens to begin just before a tick would be cut at once."""


class _Call:
    """The memory a call of one export takes, kept for the next: an instance runs one at a time."""

    __slots__ = ("_function", "_texts", "function_address", "slots", "texts_address")

    def __init__(self, arity: int) -> None:
        self._function = ctypes.create_string_buffer(capi.FUNC_SIZE)
        self.function_address = addressof(self._function)
        self._texts = _TEXTS[arity]()
        self.texts_address = addressof(self._texts)
        # Looked at where they lie, and not as elements: those keep what they borrow under names made for each setting.
        self.slots = tuple(capi.Text.from_address(self.texts_address + i * sizeof(capi.Text)) for i in range(arity))
        for slot in self.slots:
            slot.kind = capi.STRING


class Instance:
    """A store with one instance in it, which runs one thing at a time: ``start``, ``poll`` until True, ``finish``.

    A poll runs the guest for at most a tick. When it returns False and ``request`` is set, the guest waits for
    ``respond``; otherwise it used up its slice. After a TrapError, or when given up half way, only ``close`` is left.
    """

    __slots__ = (
        "__weakref__",
        "_calls",
        "_context",
        "_error",
        "_error_address",
        "_future",
        "_guest",
        "_instance",
        "_result",
        "_result_address",
        "_store",
        "answer",
        "failure",
        "host_text",
        "limits",
        "request",
        "results",
    )

    def __init__(self, guest: Guest, limits: Limits) -> None:
        """Make a store and begin to instantiate *guest* in it: poll until True, then ``finish``."""
        self._store = 0  # what ``close`` looks at, should anything below fail
        self._future: int | None = None
        self.limits = limits
        self.request: HostCall | None = None
        self.answer: tuple[bool, bytes] | None = None
        self.failure: BaseException | None = None
        self.results = 0
        self.host_text = limits.host_text
        self._guest = guest
        self._calls: dict[str, _Call] = {}
        self._result = capi.Outcome()
        self._result_address = addressof(self._result)
        self._error = ctypes.c_void_p()
        self._error_address = addressof(self._error)
        self._instance = ctypes.create_string_buffer(capi.INSTANCE_SIZE)
        self._store = capi.store_new(guest.engine.address, None, None)
        self._context: int = capi.store_context(self._store)
        waiters[self._context] = weakref.ref(self)
        _limit(self._store, limits)
        capi.yield_on_epoch(self._context, 1)
        capi.set_epoch_deadline(self._context, FIRST_SLICE)
        if guest.engine.fuel:
            capi.set_fuel(self._context, limits.fuel or 0)
        self._future = capi.instantiate(
            guest.linker_address, self._context, guest.address, addressof(self._instance), self._error_address
        )

    def start(self, export: str, *texts: bytes) -> None:
        """Begin a call of ``tool.call`` or the like. Raises KeyError when the guest has no such export."""
        call = self._calls.get(export) or self._prepared(export)
        for slot, text in zip(call.slots, texts, strict=True):
            slot.size = len(text)
            slot.data = text
        capi.set_epoch_deadline(self._context, FIRST_SLICE)  # epochs went by while nobody called
        self._future = capi.call(
            call.function_address,
            self._context,
            call.texts_address,
            len(texts),
            self._result_address,
            1,
            self._error_address,
        )

    def _prepared(self, export: str) -> _Call:
        found = self._guest.exports[export]
        call = self._calls[export] = _Call(found.arity)
        if not capi.get_func(addressof(self._instance), self._context, found.address, call.function_address):
            raise TrapError(f"the instance has no {export}")
        return call

    def poll(self) -> bool:
        """Run on for at most a tick; tell whether what was started has ended. Raises what a signal's handler did."""
        ended: bool = capi.poll(self._future)
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        return ended

    def respond(self, ok: bool, text: bytes) -> None:  # noqa: FBT001 - the sides of a result
        """Answer ``request``; the next poll runs on with it."""
        self.request = None
        self.answer = (ok, text)

    def instantiated(self) -> None:
        """End the instantiation, polled to its end. Raises TrapError."""
        self._end()

    def finish(self) -> tuple[bool, bytes]:
        """Return the result of the call that was polled to its end. Raises TrapError, ResultTooLargeError."""
        self._end()
        ok, text = capi.take_result(self._result, self.limits.result)
        if text is None:
            raise ResultTooLargeError(f"the result is larger than {self.limits.result} bytes")
        return ok, text

    def _end(self) -> None:
        future, self._future = self._future, None  # first: what is interrupted here may leak, but not free twice
        capi.future_delete(future)
        if self._error.value:
            error, self._error.value = self._error.value, None
            raise TrapError(cause(capi.error_text(error)))

    def close(self) -> None:
        """Free everything, also in the middle of a call. No poll may be running."""
        if self._store:
            store, self._store = self._store, 0
            if self._future:
                future, self._future = self._future, None
                capi.future_delete(future)
            if self._error.value:
                error, self._error.value = self._error.value, None
                capi.error_text(error)
            capi.store_delete(store)
            waiters.pop(self._context, None)
            self.request = None

    def __del__(self, ending: Callable[[], bool] = sys.is_finalizing) -> None:
        if not ending():
            self.close()


def _limit(store: int, limits: Limits) -> None:
    # wasmtime limits each memory by itself: with its share of the sum, no number of them exceeds it.
    share = limits.memory // limits.memories
    capi.store_limiter(store, share, limits.table_elements, limits.instances, limits.tables, limits.memories)
