"""What one caller spent: by this process and, as far as it was read, by others that use the same storage."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lumosai.spending.periods import PERIODS, Labels
from lumosai_sdk.types.auth import Period


@dataclass(slots=True)
class Spent:
    """Calls of models, tokens in and out, US dollars."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def add(self, other: Spent, sign: int = 1) -> None:
        self.calls += sign * other.calls
        self.tokens += sign * other.tokens
        self.cost += sign * other.cost

    def to_json(self) -> dict[str, Any]:
        return {"calls": self.calls, "tokens": self.tokens, "cost": round(self.cost, 9)}


Sums = dict[Period, Spent]


def nothing() -> Sums:
    """Return that nothing was spent."""
    return {period: Spent() for period in PERIODS}


def entry(sums: Sums, labels: Labels, at: float) -> dict[str, Any]:
    """Return sums as they are kept."""
    kept: dict[str, Any] = {p: [labels[p], s.calls, s.tokens, s.cost] for p, s in sums.items()}
    return {"at": at, **kept}


def read(value: Any, labels: Labels) -> tuple[float, Sums]:
    """Return when kept sums were written, and what of them is of the present periods; nothing for what is none."""
    out = nothing()
    if not isinstance(value, Mapping):
        return 0.0, out
    for period in PERIODS:
        match value.get(period):
            case [str(label), int(calls), int(tokens), int() | float() as cost] if label == labels[period]:
                out[period] = Spent(calls, tokens, float(cost))
    at = value.get("at")
    return float(at) if isinstance(at, int | float) else 0.0, out


class Account:
    """One caller's. ``own`` is what this process counted, ``kept`` what of that the storage has."""

    __slots__ = (
        "dirty",
        "held_cost",
        "held_tokens",
        "kept",
        "labels",
        "loaded",
        "lock",
        "name",
        "others",
        "own",
        "read_at",
        "written_at",
    )

    def __init__(self, name: str, labels: Labels) -> None:
        self.name = name
        self.labels = labels
        self.own, self.kept, self.others = nothing(), nothing(), nothing()
        self.held_tokens, self.held_cost = 0, 0.0
        self.dirty = self.loaded = False
        self.read_at = self.written_at = 0.0
        self.lock = asyncio.Lock()

    def turn(self, labels: Labels) -> None:
        """Begin anew in those periods that have ended."""
        for period in PERIODS:
            if self.labels[period] != labels[period]:
                for sums in (self.own, self.kept, self.others):
                    sums[period] = Spent()
        self.labels = labels

    def add(self, spent: Spent) -> None:
        """Count what was spent."""
        for sums in self.own.values():
            sums.add(spent)
        self.dirty = True

    def total(self, period: Period) -> Spent:
        """Return what was spent in a period by all processes."""
        own, others = self.own[period], self.others[period]
        return Spent(own.calls + others.calls, own.tokens + others.tokens, own.cost + others.cost)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is lost when it is forgotten."""
        return not (self.dirty or self.held_tokens or self.lock.locked())
