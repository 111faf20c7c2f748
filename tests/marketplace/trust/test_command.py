"""``lumos trust`` on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.trust.making import GITHUB, REPOSITORY

from lumosai.cli.exits import REFUSED
from lumosai.cli.main import main
from lumosai_marketplace.trust.policy import Policy

RULE = ["acme/*", "--issuer", GITHUB, "--repository", REPOSITORY, "--repository-id", "123"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lumos.toml").touch()
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert main(["trust", *words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_rules_are_added_shown_tried_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "show")["rules"] == []
    told(capsys, "add", *RULE, "--max-permissions", '{"kv": true}', "--kinds", "tool,panel", "--min-age", "3d")
    told(capsys, "add", "local/*", "--instance", "local", "--name", "mine")
    (first, second) = told(capsys, "show")["rules"]
    assert (first["label"], first["max_permissions"], first["kinds"]) == ("acme", {"kv": True}, ["tool", "panel"])
    assert second["label"] == "mine"
    assert [r["label"] for r in told(capsys, "check", "acme/weather")["rules"]] == ["acme"]
    signer = ["--issuer", GITHUB, "--repository", REPOSITORY, "--repository-id", "123"]
    assert told(capsys, "check", "acme/weather", *signer)["rule"] == "acme"
    told(capsys, "remove", "acme")
    assert [r.label for r in Policy.load(folder / "lumos-trust.toml").rules] == ["mine"]


def test_what_would_be_refused_is_told_with_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, "add", *RULE)
    signer = ["--issuer", GITHUB, "--repository", REPOSITORY, "--repository-id", "666"]
    refused = told(capsys, "check", "acme/weather", *signer, code=REFUSED)["refused"]
    assert refused["rule"] == "trust.repository-id"
    assert refused["hint"].startswith("if that is whom you mean: lumos trust add acme/weather")
    asking = ["--asks", '{"tools": ["*"]}', "--runtime", "python", "--issuer", GITHUB]
    assert told(capsys, "check", "other/plugin", *asking, code=REFUSED)["refused"]["rule"] == "trust.no-rule"


def test_people_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    for words, said in (
        (["show"], "nothing is let in"),
        (["add", *RULE], "acme"),
        (["show"], "acme/*"),
        (["check"], "fine, 1 rule;"),
        (["check", "acme/weather"], REPOSITORY),
        (["check", "other/plugin"], "no rule names other/plugin"),
    ):
        assert main(["trust", *words]) == 0
        assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "acme/*"], "issuer"),
        (["add", "acme/*", "--issuer", "x", "--subject", "*"], "who signs"),
        (["add", "local/*", "--issuer", "x", "--subject", "y"], 'instance = "local"'),
        (["add", *RULE, "--runtime", "native"], "runtime"),
        (["add", *RULE, "--max-permissions", "[]"], "JSON object"),
        (["add", *RULE, "--max-permissions", '{"htp": []}'], "unknown permission"),
        (["add", *RULE, "--min-age", "soon"], "3d"),
        (["remove", "nobody"], "no rule 'nobody'"),
        (["check", "acme"], "plugin's name"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    folder: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["trust", *words]) == 1
    assert said in capsys.readouterr().err
    assert not (folder / "lumos-trust.toml").exists()


def test_a_mistake_in_the_file_is_told_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lumos-trust.toml").write_text("[[rule]]\nplugins = 'acme/*'\nisuer = 'x'\n", encoding="utf-8")
    for words in (["show"], ["check"], ["add", *RULE]):
        assert main(["trust", *words]) == 1
        assert "lumos-trust.toml:3: rule.isuer: unknown key; did you mean 'issuer'?" in capsys.readouterr().err
