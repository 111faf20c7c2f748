"""Every threat of the design: refused with the right reason, nothing left anywhere; and its honest twin is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.attacks.marketplace.threats import CASES, TABLE

from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from tests.attacks.marketplace.threats.case import Case
    from tests.attacks.marketplace.threats.stage import Stage

THREATS = range(1, 23)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.number}: {c.name}")
async def test_a_threat_and_its_honest_twin(case: Case, stage: Stage) -> None:
    stage.mark()
    assert await outcome(case, stage) == case.rule
    assert stage.state() == stage.before
    await case.honest(stage)


async def outcome(case: Case, stage: Stage) -> str | None:
    """Return the rule that an attack was refused by, or what else came of it."""
    try:
        return await case.attack(stage)
    except LumosError as e:
        return str(getattr(e, "rule", e.code))


def test_no_threat_is_missing_and_no_case_is_there_twice() -> None:
    assert sorted({number for number, _, _ in TABLE}) == list(THREATS)
    assert len({(number, name) for number, name, _ in TABLE}) == len(TABLE)
