"""The narrowest of the host's, the agent's and the request's limits."""

from __future__ import annotations

from typing import Protocol, TypeVar

from lumosai_sdk.types.runs import Limits

N = TypeVar("N", int, float)


class LimitsLike(Protocol):
    """The four limits, as the host's configuration, an agent or a request give them."""

    @property
    def steps(self) -> int | None: ...
    @property
    def tokens(self) -> int | None: ...
    @property
    def seconds(self) -> float | None: ...
    @property
    def cost(self) -> float | None: ...


def narrowed(wide: LimitsLike, narrow: LimitsLike) -> Limits:
    """Return the narrower of each limit; steps are always limited."""
    return Limits(
        steps=_least(wide.steps, narrow.steps) or Limits().steps,
        tokens=_least(wide.tokens, narrow.tokens),
        seconds=_least(wide.seconds, narrow.seconds),
        cost=_least(wide.cost, narrow.cost),
    )


def _least(*values: N | None) -> N | None:
    given = [v for v in values if v is not None]
    return min(given) if given else None
