"""The narrowest of the host's, the agent's and the request's limits."""

from __future__ import annotations

from typing import TypeVar

from lumosai_sdk.types.runs import Limits

N = TypeVar("N", int, float)


def narrowed(wide: Limits, narrow: Limits) -> Limits:
    """Return the narrower of each limit."""
    return Limits(
        steps=_least(wide.steps, narrow.steps),
        tokens=_least(wide.tokens, narrow.tokens),
        seconds=_least(wide.seconds, narrow.seconds),
        cost=_least(wide.cost, narrow.cost),
    )


def _least(*values: N | None) -> N | None:
    given = [v for v in values if v is not None]
    return min(given) if given else None
