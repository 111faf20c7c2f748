"""Secrets by reference."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path

import pytest

from lumosai_sdk import ConfigError, Secret
from lumosai_sdk.secrets import is_reference


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TOKEN", "s3cret")
    assert Secret("env:DEMO_TOKEN").reveal() == "s3cret"


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("DEMO_TOKEN", raising=False)
    if value is not None:
        monkeypatch.setenv("DEMO_TOKEN", value)
    with pytest.raises(ConfigError, match="DEMO_TOKEN is not set") as error:
        Secret("env:DEMO_TOKEN").reveal()
    assert error.value.hint == "export DEMO_TOKEN=…"


def test_from_a_file_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("  s3cret\n", encoding="utf-8")
    assert Secret("file:token", tmp_path).reveal() == "s3cret"
    assert Secret(f"file:{tmp_path}/token").reveal() == "s3cret"


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "no usable secret"), (b" \n", "no usable secret"), (b"x" * 70_000, "over 65536"), (b"\xff", "not UTF-8")],
)
def test_a_file_that_holds_none(tmp_path: Path, data: bytes, says: str) -> None:
    (tmp_path / "token").write_bytes(data)
    with pytest.raises(ConfigError, match=says):
        Secret("file:token", tmp_path).reveal()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the secret"):
        Secret("file:token", tmp_path).reveal()


@pytest.mark.parametrize("text", ["s3cret", "", "env:", "file:", "ENV:X", "vault:x", " env:X"])
def test_a_secret_itself_is_refused_and_not_repeated(text: str) -> None:
    assert not is_reference(text)
    with pytest.raises(ConfigError) as error:
        Secret(text)
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("value", [None, 3, ["env:X"], b"env:X"])
def test_only_text_is_a_reference(value: object) -> None:
    assert not is_reference(value)


def test_nothing_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_TOKEN", "s3cret")
    secret = Secret("env:DEMO_TOKEN")
    secret.reveal()
    shown = [repr(secret), str(secret), f"{secret}", repr([secret]), repr(copy.copy(secret))]
    assert all("s3cret" not in text for text in shown)
    assert b"s3cret" not in pickle.dumps(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
