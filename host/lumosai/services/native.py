"""Calls of the host by plain Python plugins, held to the same rights as those of sandboxed ones."""

from __future__ import annotations

import asyncio
from typing import Any

from lumosai.plugins.generation import CURRENT, Generation
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.caller import current
from lumosai_sdk.wireerrors import decode_error, encode_error


def ask(function: str, texts: tuple[str, ...]) -> str:
    """Return the host's answer to the plugin in whose call this thread is. Raises LumosError."""
    if asyncio._get_running_loop() is not None:  # noqa: SLF001 - the public one raises, which costs
        raise LumosError(
            f"{function} waits for the host, and would keep it from answering",
            hint='call lumosai_sdk.host from a plain "def", which the host runs in a thread, not from an "async def"',
        )
    generation = CURRENT.get()
    if generation is None:
        raise LumosError(
            f"{function}: no plugin is being called here",
            hint="lumosai_sdk.host works in a plugin's call, and in threads that were given its context variables",
        )
    loop: asyncio.AbstractEventLoop | None = getattr(generation.context.services, "loop", None)
    if loop is None or loop.is_closed():
        raise LumosError(f"{function}: there is no host behind {generation.name!r}")
    try:
        return asyncio.run_coroutine_threadsafe(_answer(generation, function, texts), loop).result()
    except LumosError as e:
        # By way of the wire's form: the same errors as a sandboxed plugin is told.
        raise decode_error(encode_error(e)) from None


async def _answer(generation: Generation, function: str, texts: tuple[str, ...]) -> str:
    capabilities: Any = generation.keep("lumosai:capabilities", lambda: _made(generation))
    answer: str = await capabilities(function, texts, current(generation.name))
    return answer


def _made(generation: Generation) -> Any:
    from lumosai_sandbox.capabilities import Capabilities

    return Capabilities(generation.context)
