"""Every TOML block is what it says it is: a configuration the host takes, or a manifest."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from generators.plugins import manifests
from harness.blocks import Block, blocks

from lumosai.config.load import build
from lumosai.config.model import Config
from lumosai.plugins.settings import plugin_grant, plugin_settings
from lumosai_marketplace.service.loading import build as index_settings
from lumosai_marketplace.trust.policy import Policy
from lumosai_plugins.evals.suite import load as load_suite
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.manifest import FILE_NAME, parse
from lumosai_sdk.permissions import Permissions

DOCS = Path(__file__).parents[2] / "docs"
TOML = [b for p in sorted(DOCS.rglob("*.md")) for b in blocks(p, DOCS) if b.language == "toml"]
BUILT_IN: dict[str, dict[str, Any]] = {
    m.name: m.model_dump(mode="json", by_alias=True, exclude_none=True) for m in manifests()
}
WRONG = "wrong.toml"
CONFIGURATIONS = (
    "lumos.toml",
    "other.toml",
    "jwt.toml",
    "limits.toml",
    "proxy.toml",
    "pages.toml",
    "routes.toml",
    "budgets.toml",
    "postgres.toml",
    "pgvector.toml",
    "qdrant.toml",
    "remote.toml",
    "exposed.toml",
    "collections.toml",
    "guardrails.toml",
    "councils.toml",
    "approval.toml",
)


def named(*names: str) -> list[Any]:
    found = [b for b in TOML if Path(b.title).name in names]
    return [pytest.param(b, id=b.where) for b in found]


def check_plugins(config: Config) -> None:
    for name, plugin in config.plugins.items():
        if name not in BUILT_IN:
            continue
        plugin_settings(BUILT_IN[name], plugin.settings, Path())
        grant = plugin_grant(BUILT_IN[name], Permissions.from_json(plugin.grant))
        assert set(grant.effective.to_json()) == set(plugin.grant), f"{name} does not ask for what is granted"


@pytest.mark.parametrize("block", named(*CONFIGURATIONS))
def test_a_configuration_is_taken(block: Block) -> None:
    check_plugins(build(tomllib.loads(block.text), block.text, block.where))


@pytest.mark.parametrize("block", named(WRONG))
def test_what_is_shown_as_wrong_is_wrong(block: Block) -> None:
    config = build(tomllib.loads(block.text), block.text, block.where)
    if set(config.plugins) <= BUILT_IN.keys():
        with pytest.raises(ConfigError):
            check_plugins(config)


@pytest.mark.parametrize("block", named(FILE_NAME))
def test_a_manifest_is_taken(block: Block) -> None:
    manifest = parse(block.text.encode(), "documentation", block.where)
    assert Path(block.title).parent.name.partition("_")[2] == manifest.name.replace("-", "_")


@pytest.mark.parametrize("block", named("lumos-trust.toml"))
def test_a_trust_policy_is_taken(block: Block) -> None:
    assert Policy.parse(block.text, Path(block.where)).rules


@pytest.mark.parametrize("block", named("marketplace.toml"))
def test_settings_of_an_index_are_taken(block: Block) -> None:
    assert index_settings(tomllib.loads(block.text), block.text, block.where).url


@pytest.mark.parametrize("block", named("evals.toml"))
def test_a_suite_is_taken(block: Block, tmp_path: Path) -> None:
    (tmp_path / "evals.toml").write_text(block.text, encoding="utf-8")
    assert load_suite(tmp_path / "evals.toml").checked().scorers


@pytest.mark.parametrize("block", named("pyproject.toml"))
def test_a_project_is_toml(block: Block) -> None:
    assert tomllib.loads(block.text)


def test_every_block_is_one_of_these() -> None:
    known = {*CONFIGURATIONS, "lumos-trust.toml", "marketplace.toml", WRONG, FILE_NAME, "pyproject.toml", "evals.toml"}
    assert [b.where for b in TOML if Path(b.title).name not in known] == []
