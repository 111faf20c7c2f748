"""Threat 16: an update that asks for more than its owner has agreed to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tests.attacks.marketplace.threats.case import case
from tests.attacks.marketplace.threats.forging import identity, show, sign
from tests.marketplace.client.wheels import make

from lumosai_marketplace.client.consent import Question, nobody
from lumosai_marketplace.wheels import read_wheel

if TYPE_CHECKING:
    from tests.attacks.marketplace.threats.stage import Stage

    from lumosai_marketplace.statement import PluginFacts

WIDER = "acme/weather==2.0.0"


async def yes(_: Question) -> bool:
    """Agree to all."""
    return True


async def no(_: Question) -> bool:
    """Agree to nothing."""
    return False


async def _first(stage: Stage, **rule: Any) -> None:
    stage.owner = stage.world.owner(index=stage.mirror.url, **{"max_permissions": None, **rule})
    await stage.install("acme/weather==1.1.0", ask=yes)
    stage.wanted = WIDER
    stage.mark()


async def _agreed(stage: Stage) -> None:
    """See it updated once its owner has said so, and seen what it asks for."""
    seen: list[Question] = []

    async def ask(question: Question) -> bool:
        seen.append(question)
        return True

    assert await stage.update(ask=ask) == "2.0.0"
    assert "api.example.org" in " ".join(c.right.words for c in seen[0].changes if c.asks_for_more)


@case(16, "an update that asks for more, and nobody is there", "consent.nobody", _agreed)
async def _nobody(stage: Stage) -> None:
    await _first(stage)
    await stage.update(ask=nobody)


@case(16, "an update that asks for more, and --yes", "consent.needed", _agreed)
async def _yes(stage: Stage) -> None:
    await _first(stage)
    await stage.update()


@case(16, "an update that asks for more, and its owner says no", "consent.declined", _agreed)
async def _no(stage: Stage) -> None:
    await _first(stage)
    await stage.update(ask=no)


async def _same(stage: Stage) -> None:
    """See an update that asks for the same go through."""
    stage.mirror.lies.clear()
    stage.owner = stage.world.owner(index=stage.mirror.url, max_permissions={"clock": True})
    assert await stage.install("acme/weather==1.0.0") == "1.0.0"
    assert await stage.update("acme/weather==1.1.0") == "1.1.0"


@case(16, "an update that asks for more than the owner's rule has", "trust.max-permissions", _same)
async def _rule(stage: Stage) -> None:
    await _first(stage, max_permissions={"clock": True})
    await stage.update(ask=yes)


@case(16, "an update that is no longer in the sandbox", "trust.runtime", _same)
async def _unboxed(stage: Stage) -> None:
    await _first(stage)
    await _swapped(stage, *make(version="2.0.0", runtime="python"))


@case(16, "an update that asks for more than its signature says", "signature.facts", _same)
async def _understated(stage: Stage) -> None:
    await _first(stage)
    filename, data = make(version="2.0.0", permissions='http = ["GET https://evil.example/*"]')
    await _swapped(stage, filename, data, replace(read_wheel(filename, data).facts, permissions={}))


async def _swapped(stage: Stage, filename: str, data: bytes, facts: PluginFacts | None = None) -> None:
    show(stage, filename, data, await sign(stage, filename, data, identity(stage), facts))
    await stage.update(ask=yes)
