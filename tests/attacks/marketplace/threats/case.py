"""What a row of the table is: a threat, how it is tried, what refuses it, and the honest twin that is let in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.attacks.marketplace.threats.stage import Stage

Attack = Callable[["Stage"], Awaitable[str | None]]
Honest = Callable[["Stage"], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Case:
    """A row. ``attack`` ends in an error that has ``rule`` (or, without one, the code), or returns what came of it."""

    number: int
    name: str
    rule: str
    attack: Attack
    honest: Honest


CASES: list[Case] = []


async def truth(stage: Stage) -> None:
    """Stop lying: the same owner installs the same plugin."""
    stage.mirror.lies.clear()
    assert await stage.install() == stage.wanted.partition("==")[2]
    assert stage.owner.files()


def case(number: int, name: str, rule: str, honest: Honest = truth) -> Callable[[Attack], Attack]:
    """Add an attack to the table."""

    def add(attack: Attack) -> Attack:
        CASES.append(Case(number, name, rule, attack, honest))
        return attack

    return add
