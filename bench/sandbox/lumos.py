"""LumosAI's own subjects: a tool of a sandboxed plugin, called as the host calls it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.sandbox.subject import INPUT, AsyncCall
from lumosai_sandbox.artefacts import prepare
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sandbox.runner import Runner
from lumosai_sdk.types.caller import NOBODY, Caller

LIMITS = Limits(memory=1024 * MIB, memories=3, concurrency=20_000, wall=60.0)
CONTEXT = "{}"


async def answered(function: str, texts: tuple[str, ...], caller: Caller) -> str:  # noqa: ARG001 - the host's interface
    """Give the key back as the value: what is measured is the way there and back."""
    return texts[0]


def one_for_all(_: Caller) -> str:
    """Keep one instance."""
    return "kept"


def one_each(_: Caller) -> None:
    """A fresh instance for each call."""


async def runner(guest: Path, *, jail: bool, kept: bool, limits: Limits = LIMITS, host: Any = answered) -> Runner:
    """Return a guest ready to be called."""
    artefact = await prepare(guest)
    key_of = one_for_all if kept else one_each
    if jail:
        return Jailed("bench", artefact, limits, host, key_of=key_of)
    with artefact.loadable() as path:
        loaded = Guest.from_file(shared(), path)
    return InProcess("bench", loaded, limits, host, key_of=key_of)


async def subject(name: str, guest: Path, serve: Callable[[AsyncCall], Awaitable[None]]) -> None:
    """Serve turns of the subject *name*: ``[jail-][js-|python-]warm|host|fresh``."""
    made = await runner(guest, jail=name.startswith("jail-"), kept=not name.endswith("fresh"))
    tool = "b.kv" if name.endswith("host") else "b.greet"

    async def call() -> str:
        return await made.call("tool.call", tool, INPUT, CONTEXT, caller=NOBODY)

    try:
        await serve(call)
    finally:
        await made.aclose()
