"""Running ``async`` code where there is no event loop: it must come to its end without waiting for anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from inspect import isawaitable
from typing import Any, TypeVar

from lumosai_sdk.errors import LumosError

T = TypeVar("T")
_NO_LOOP = "no running event loop"
"""What asyncio says where there is none."""


class WouldWaitError(LumosError):
    """Something waits for an event loop, of which a guest has none."""

    code = "would_wait"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return what *coroutine* returns. Raises what it raises, and WouldWaitError when it waits."""
    try:
        coroutine.send(None)
    except StopIteration as e:
        return e.value  # type: ignore[no-any-return]
    except RuntimeError as e:
        if str(e) != _NO_LOOP:
            raise
    finally:
        coroutine.close()
    raise WouldWaitError(
        "the code waits for an event loop, and a sandboxed plugin has none",
        hint="call lumosai_sdk.host, which waits for the host; asyncio.sleep and other libraries' I/O cannot work here",
    )


def finished(value: Any) -> Any:
    """Return *value*, or what it comes to if it has to be awaited."""
    return run(_awaited(value)) if isawaitable(value) else value


async def _awaited(value: Any) -> Any:
    return await value


def collected(items: AsyncIterator[T]) -> list[T]:
    """Return all that an asynchronous iterator yields. Raises as ``run``."""

    async def collect() -> list[T]:
        return [item async for item in items]

    return run(collect())


async def at_once(fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> T:
    """Call a plain function where it stands: a guest has no thread to call it in."""
    return fn(*args, **kwargs)
