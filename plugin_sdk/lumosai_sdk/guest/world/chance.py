"""Chance, which is the host's (right ``random``)."""

from __future__ import annotations

import base64
import os
import random
from collections.abc import Callable
from typing import Any, Self

from lumosai_sdk.errors import LumosError
from lumosai_sdk.guest.objects import Ask
from lumosai_sdk.guest.world.state import Replaced

_MOST_BYTES = 65_536


class _Unseeded:
    """The part in C seeds itself from an operating system if it is given nothing to start from."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        return super().__new__(cls, 0)  # type: ignore[call-arg]


class Random(_Unseeded, random.Random):  # noqa: S311 - as random as Python's own
    """Takes its seed from the host where none is given, and says so where that is not granted."""

    def seed(self, a: Any = None, version: int = 2) -> None:
        super().seed(int.from_bytes(os.urandom(32), "big") if a is None else a, version)


class SystemRandom(_Unseeded, random.SystemRandom):
    """Each of its numbers is asked of the host."""


class _Refusal:
    """Why the functions of ``random`` have no state to draw from; None when they have one."""

    error: LumosError | None = None


def install(ask: Ask) -> None:
    """Have ``os.urandom``, and with it ``random``, ``secrets`` and ``uuid``, ask the host."""

    def urandom(size: int, /) -> bytes:
        return b"".join(_random(ask, min(_MOST_BYTES, size - at)) for at in range(0, size, _MOST_BYTES))

    os.urandom = Replaced(os.urandom, urandom)
    vars(random).update(_urandom=os.urandom, Random=Random, SystemRandom=SystemRandom)
    for name in random.__all__:
        if name[0].islower():
            setattr(random, name, _checked(getattr(random, name), gives_state=name in {"seed", "setstate"}))


def _random(ask: Ask, size: int) -> bytes:
    return base64.b64decode(ask("random.bytes", str(size)))


def _checked(real: Callable[..., Any], *, gives_state: bool) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        if _Refusal.error is not None:
            raise _Refusal.error.with_traceback(None)
        return real(*args, **kwargs)

    def start(a: Any = None, *more: Any, **kwargs: Any) -> None:
        if a is None and _Refusal.error is not None:
            raise _Refusal.error.with_traceback(None)
        real(a, *more, **kwargs)
        _Refusal.error = None

    return start if gives_state else draw


def reseed() -> None:
    """Give ``random`` a new state: the one it was built with is the same in every instance."""
    try:
        random.seed(os.urandom(32))
    except LumosError as e:
        refuse(e)


def refuse(error: LumosError) -> None:
    """Have each function of ``random`` raise *error*, until the plugin gives a seed of its own."""
    _Refusal.error = error
