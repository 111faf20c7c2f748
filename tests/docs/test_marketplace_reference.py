"""The marketplace's reference leaves nothing out that its code names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from generators import lock, marketplace_http, marketplace_settings, refusals
from generators.http import operations
from generators.refusals_told import GROUPS

from lumosai_marketplace.client.lock import decode
from lumosai_marketplace.trust.rules import Rule

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def test_every_rule_that_refuses_is_explained() -> None:
    assert refusals.undescribed() == []
    text = page("refusals.md")
    assert [r for r in refusals.rules() if f"| `{r}` |" not in text] == []


@pytest.mark.parametrize("rule", ["guard.pth", "signature.subject", "trust.repository-id", "log.fork", "lock.changed"])
def test_the_rules_are_found_where_they_are_raised(rule: str) -> None:
    assert rule in refusals.rules()


def test_who_looks_is_told_of_each_rule() -> None:
    where = refusals.rules()
    assert where["guard.scan"] == "index"
    assert where["log.fork"] == "host"
    assert where["signature.subject"] == where["guard.pth"] == "both"


def test_every_rule_that_the_threat_model_names_is_one() -> None:
    text = (REFERENCE.parent / "explanation" / "threats.md").read_text(encoding="utf-8")
    named = {word for word in text.split("`")[1::2] if word.partition(".")[0] in GROUPS and "." in word}
    files = {word for word in named if word.endswith((".lock", ".toml", ".json"))}
    globs = {word for word in named if word.endswith(".*")}
    assert len(named) > 30  # noqa: PLR2004 - so that a page of nothing does not pass
    assert named - files - globs - refusals.rules().keys() == set()


def test_every_setting_is_described() -> None:
    assert marketplace_settings.undescribed() == []


def test_every_key_of_a_trust_rule_is_there() -> None:
    text = page("trust-policy.md")
    assert [k for k in Rule.model_fields if f"| `{k}` |" not in text] == []


def test_every_key_of_a_lock_is_described_and_the_lock_that_is_shown_is_one() -> None:
    assert lock.undescribed() == []
    shown = page("lock.md").partition("```text\n")[2].partition("\n```")[0]
    assert [str(name) for name in decode(shown.encode(), "lock.md").plugins] == ["acme/weather"]


def test_every_operation_of_an_index_is_there() -> None:
    text, found = page("marketplace-http.md"), list(operations(marketplace_http.openapi()))
    assert len(found) > 40  # noqa: PLR2004
    assert [f"{m} {p}" for m, p, _ in found if f"### `{m} {p}`" not in text] == []


def test_an_operation_tells_how_it_fails_and_whom_it_is_for() -> None:
    found = json.loads(page("marketplace-openapi.json"))
    for method, path, operation in operations(found):
        problem = operation["responses"]["default"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/Problem"), (method, path)
        assert "422" not in operation["responses"], (method, path)
    assert found["paths"]["/api/v1/tokens"]["post"]["security"] == [{"signedIn": []}]
    assert found["paths"]["/legacy/"]["post"]["security"] == [{"upload": []}]
    assert "security" not in found["paths"]["/api/v1/search"]["get"]
