"""Every threat of the design: refused with the right reason, nothing left anywhere; and its honest twin is let in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.attacks.marketplace.threats import TABLE
from tests.attacks.marketplace.threats.case import CASES
from tests.attacks.marketplace.threats.forging import identity, sign, upload, upload_of
from tests.marketplace.client.wheels import make

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


async def test_all_of_it_speaks_tls(stage: Stage) -> None:
    """TUF's files, the index, the log, the CA and the upload: the mirror has seen each, and it speaks nothing else."""
    filename, data = make("other_secret", "1.0.0")
    await upload(stage, upload_of(filename, data, await sign(stage, filename, data, identity(stage))))
    assert await stage.install() == "1.1.0"
    assert stage.mirror.url.startswith("https://")
    seen = {path.partition("/")[0] for path in stage.mirror.asked}
    assert seen >= {"tuf", "simple", "files", "integrity", "log", "sigstore", "legacy"}
