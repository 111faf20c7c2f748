from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import InputError

PERSON = Signer("https://idp.example", "ada@acme.example")
WORKFLOW = Signer(
    "https://token.example",
    "https://code.example/acme/weather/.github/workflows/release.yml@refs/tags/v1",
    repository="https://code.example/acme/weather",
    repository_id="17",
    owner_id="4",
    workflow=".github/workflows/release.yml",
    ref="refs/tags/v1",
    commit="c0ffee",
)


@pytest.mark.parametrize("signer", [PERSON, WORKFLOW])
def test_it_is_read_as_it_was_written(signer: Signer) -> None:
    assert Signer.from_json(signer.to_json()) == signer


@pytest.mark.parametrize("data", [{}, {"issuer": "a"}, {"issuer": "a", "subject": 1}, {**PERSON.to_json(), "x": "y"}])
def test_anything_else_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Signer.from_json(data)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(WORKFLOW, subject="…@refs/tags/v2", ref="refs/tags/v2", commit="beef"), True),
        (replace(WORKFLOW, repository="https://code.example/acme/renamed"), True),
        (replace(WORKFLOW, repository_id="18"), False),  # registered anew under the old name
        (replace(WORKFLOW, owner_id="5"), False),
        (replace(WORKFLOW, workflow=".github/workflows/other.yml"), False),
        (replace(WORKFLOW, issuer="https://other.example"), False),
        (replace(WORKFLOW, repository_id=""), False),
        (PERSON, False),
    ],
)
def test_a_workflow_is_its_repositorys_number_and_file(other: Signer, same: bool) -> None:
    assert WORKFLOW.same_publisher(other) is same
    assert other.same_publisher(WORKFLOW) is same


def test_a_person_is_issuer_and_subject() -> None:
    assert PERSON.same_publisher(replace(PERSON))
    assert not PERSON.same_publisher(replace(PERSON, subject="eve@acme.example"))
    assert not PERSON.same_publisher(replace(PERSON, issuer="https://other.example"))
