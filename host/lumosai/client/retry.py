"""When a request is sent again, and how long to wait before."""

from __future__ import annotations

import random
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lumosai.client.errors import ProblemError
    from lumosai.client.request import Request

_REFUSALS: Final = frozenset(
    {"auth_unavailable", "plugin_unavailable", "request_under_way", "stopping", "storage", "too_many_requests"}
)
"""Codes that are told before anything was done, whatever the problem says of a run."""
_FIRST, _LONGEST = 0.25, 8.0


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a request is repeated, and the longest a service may ask to wait before."""

    attempts: int = 3
    longest: float = 60.0

    def __post_init__(self) -> None:
        if self.attempts < 0 or self.longest < 0:
            raise ValueError("retries are 0 or more, and so is the longest wait")

    def after_problem(self, problem: ProblemError, done: int) -> float | None:
        """Return the wait before attempt ``done + 1``, None where there is to be none.

        A run that was made and failed is not started anew, though its problem may be a 429 or a 503: whoever asked for
        it decides.
        """
        if done > self.attempts or not _may_pass(problem):
            return None
        if problem.retry_after is None:
            return backoff(done)
        if problem.retry_after > self.longest:
            return None
        return problem.retry_after + random.uniform(0, 0.1 + problem.retry_after / 10)  # noqa: S311 - spreads callers

    def after_failure(self, request: Request, done: int, *, sent: bool) -> float | None:
        """Return the wait after a connection failed; what may have arrived goes again only where that is harmless."""
        if done > self.attempts or (sent and not request.repeatable):
            return None
        return backoff(done)


def backoff(done: int) -> float:
    """Return a wait that doubles with every attempt, up to a limit, and differs between callers."""
    return float(min(_LONGEST, _FIRST * 2.0 ** min(done - 1, 16)) * random.uniform(0.5, 1.0))  # noqa: S311 - as above


def _may_pass(problem: ProblemError) -> bool:
    if problem.status == HTTPStatus.CONFLICT:
        return problem.code == "request_under_way"
    if problem.status not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return False
    return problem.run_id is None or problem.code in _REFUSALS
