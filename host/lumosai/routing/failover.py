"""Asking the models of a route, one after the other, until one answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

from lumosai.routing.circuit import Circuits
from lumosai.routing.route import Route, Target
from lumosai.runs.model_call import with_retries
from lumosai_sdk.errors import (
    ConfigError,
    LumosError,
    ModelError,
    NotFoundError,
    PluginError,
    PluginTimeoutError,
    PluginUnavailableError,
)

R = TypeVar("R")
PATIENCE = 1.0
"""Seconds a server may ask for while another model could answer at once."""
FAILURES = (ModelError, PluginError, NotFoundError)
_DOWN = (PluginTimeoutError, PluginUnavailableError)


class Witness(Protocol):
    """Who is told how it goes, and knows what cannot be undone."""

    def retried(self, ref: str, attempt: int, delay: float, error: ModelError) -> None:
        """A model is tried again after *delay* seconds."""
        ...

    def fell_back(self, ref: str, to: str, error: LumosError) -> None:
        """A model is given up for another."""
        ...

    def spoke(self) -> bool:
        """Tell whether a piece of the answer that failed was shown: it cannot be unsaid."""
        ...


class Failover:
    """Asks the models of routes. What it learns of a model in one route holds in all of them."""

    def __init__(self, retries: int, circuits: Circuits | None = None) -> None:
        self._retries = retries
        self._circuits = circuits or Circuits()

    async def ask(self, route: Route, attempt: Callable[[Target], Awaitable[R]], witness: Witness) -> R:
        """Return what *attempt* returns for the first model that answers. Raises what the last one raised."""
        if route.only is not None:
            return await self._tried(route.only, attempt, witness, None)
        waiting = list(route.ordered())
        target = self._next(waiting) or self._soonest(route)
        while True:
            probing = self._circuits.enter(target.ref)
            try:
                answer = await self._tried(target, attempt, witness, waiting)
            except FAILURES as e:
                self._failed(target, e, probing=probing)
                following = None if witness.spoke() else self._next(waiting)
                if following is None:
                    raise
                witness.fell_back(target.ref, following.ref, e)
                target = following
            except BaseException:
                if probing:
                    self._circuits.leave(target.ref)
                raise
            else:
                self._circuits.close(target.ref)
                return answer

    async def _tried(
        self, target: Target, attempt: Callable[[Target], Awaitable[R]], witness: Witness, others: list[Target] | None
    ) -> R:
        retries = self._retries if target.retries is None else target.retries

        def again(error: ModelError, number: int, delay: float) -> None:
            if witness.spoke() or ((error.retry_after or 0.0) > PATIENCE and self._may_go_on(others)):
                raise error
            witness.retried(target.ref, number, delay, error)

        return await with_retries(partial(attempt, target), retries, again)

    def _may_go_on(self, others: list[Target] | None) -> bool:
        return bool(others) and any(self._circuits.admits(t.ref) for t in others or ())

    def _next(self, waiting: list[Target]) -> Target | None:
        while waiting:
            target = waiting.pop(0)
            if self._circuits.admits(target.ref):
                return target
        return None

    def _soonest(self, route: Route) -> Target:
        """Return what is tried when all are left alone: to refuse without asking would help nobody."""
        targets = list(route.ordered())
        if not targets:
            raise ConfigError("there is no model to ask", hint="name one: [models] default")
        return min(targets, key=lambda t: self._circuits.until(t.ref))

    def _failed(self, target: Target, error: LumosError, *, probing: bool) -> None:
        """Leave a model alone that failed by itself; what its caller did wrong must not keep others from it."""
        if isinstance(error, _DOWN) or (isinstance(error, ModelError) and error.retryable):
            self._circuits.open(target.ref, target.cooldown, getattr(error, "retry_after", None))
        elif probing:
            self._circuits.leave(target.ref)
