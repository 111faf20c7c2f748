"""A guest's calls to its host.

The guest's fiber stops at a host call; the poll that ran it returns, and says so; whoever polls answers, and polls on.
Nothing of the host runs inside the callback, so nothing of it can raise into the engine or block it.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lumosai_sandbox.engine import capi
from lumosai_sdk import wit

FUNCTIONS: tuple[str, ...] = tuple(f"{i}.{f}" for i, functions in wit.imports().items() for f in functions)
"""All functions a host offers, ``kv.get``; a linked function is known to the callback by its place here."""
FAILED = b'{"code": "internal", "message": "the host failed"}'
TOO_LONG = b'{"code": "limit", "message": "an argument of the call is too long"}'


@dataclass(slots=True)
class HostCall:
    """What a guest asks for: the function and its texts."""

    function: str
    texts: tuple[bytes, ...]


class Waiter(Protocol):
    """An instance, as the callbacks see it."""

    request: HostCall | None
    answer: tuple[bool, bytes] | None
    results: int
    host_text: int
    failure: BaseException | None


_ARRAYS: tuple[Any, ...] = tuple(capi.Owned * n for n in range(8))


waiters: dict[int, Callable[[], Waiter | None]] = {}
"""Store context (address) to a weak reference to the instance that lives in it: one that is dropped is closed."""


def _waiter(context: int) -> Waiter:
    found = waiters[context]()
    assert found is not None  # noqa: S101 - whoever polls it holds it
    return found


def _on_call(
    number: int | None,
    context: int,
    _type: int,
    arguments: int,
    count: int,
    results: int,
    _results: int,
    _error: int,
    continuation: int,
) -> None:
    waiter = _waiter(context)
    values = _ARRAYS[count].from_address(arguments) if count else ()
    waiter.request, waiter.answer = None, (False, TOO_LONG)
    texts = []
    for value in values:
        size = value.size
        if size > waiter.host_text:
            break
        texts.append(ctypes.string_at(value.data, size) if size else b"")
    else:
        waiter.request, waiter.answer = HostCall(FUNCTIONS[number or 0], tuple(texts)), None
    waiter.results = results
    _go_on(context, continuation)


def _go_on(context: int, continuation: int) -> None:
    slot = capi.Continuation.from_address(continuation)
    slot.callback, slot.env, slot.finalizer = _IS_DONE_ADDRESS, context, None


def _is_done(context: int) -> bool:
    waiter = _waiter(context)
    if waiter.answer is None:
        return False
    ok, text = waiter.answer
    waiter.answer = None
    capi.put_result(waiter.results, ok=ok, text=text)
    return True


_CALLBACKS = frozenset({_on_call.__code__, _is_done.__code__})


def _rescued(failure: Any, others: Callable[[Any], object] = sys.unraisablehook, ours: Any = _CALLBACKS) -> None:
    """Complete a callback that an exception ended: the engine aborts the process when it finds no continuation.

    What raises there is somebody's handler of a signal, which Python runs at whatever line it is; Ctrl-C, above all. No
    ``try`` covers a function's first instruction, but ctypes hands what a callback raises to ``sys.unraisablehook``.
    The poll that led there raises it.
    """
    frame = failure.exc_traceback.tb_frame if failure.exc_traceback is not None else None
    if frame is None or frame.f_code not in ours:
        others(failure)
        return
    for _ in range(8):
        try:
            _complete(failure.exc_value or failure.exc_type(), **frame.f_locals)
        except BaseException:  # noqa: BLE001, S112 - another signal
            continue
        return


def _complete(failure: BaseException, context: int, continuation: int = 0, results: int = 0, **_: object) -> None:
    if continuation:
        _go_on(context, continuation)
    waiter = _waiter(context)
    waiter.failure = failure
    if continuation:
        waiter.request, waiter.answer, waiter.results = None, (False, FAILED), results


ON_HOST_CALL = capi.HOST_CALL(_on_call)
_IS_DONE = capi.IS_DONE(_is_done)
_IS_DONE_ADDRESS = ctypes.cast(_IS_DONE, ctypes.c_void_p).value
sys.unraisablehook = _rescued
