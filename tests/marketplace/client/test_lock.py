# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from lumosai_marketplace.client import toml
from lumosai_marketplace.client.lock import Lock, Locked, Seen, decode, read, write
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import ConfigError, StorageError
from lumosai_sdk.permissions import Permissions

PLUGIN = Locked(
    name=Name("acme", "weather"),
    version="1.0.0",
    runtime="wasm",
    index="https://plugins.example.org/",
    file="acme_weather-1.0.0-py3-none-any.whl",
    sha256="a" * 64,
    bundle="b" * 64,
    receipt="c" * 64,
    signer=Signer("https://issuer.example", "dev@acme.example"),
    signed=1_790_000_000.0,
    log_id="d" * 64,
    log_index=7,
    log_root="e" * 44,
    wasm="f" * 64,
    rule='the "acme" rule\\\n\x7f',
    permissions=Permissions(http=("GET https://api.example.org/*",), clock=True),
)
SEEN = Seen(PLUGIN.index, {"root": 1, "timestamp": 3}, "origin\n1\nroot\n\n— origin sig\n")
LOCK = Lock().having(PLUGIN).seeing(SEEN)


def test_a_lock_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "lumos.lock"
    write(path, LOCK)
    assert read(path) == LOCK
    assert path.stat().st_mode & 0o777 == 0o644
    assert tomllib.loads(path.read_text())["plugin"][0]["signer"]["subject"] == "dev@acme.example"


def test_the_text_is_the_same_whatever_came_first() -> None:
    other = replace(PLUGIN, name=Name("acme", "news"))
    assert Lock().having(PLUGIN).having(other).encode() == Lock().having(other).having(PLUGIN).encode()


def test_no_lock_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path / "lumos.lock") == Lock()


def test_what_is_removed_takes_along_what_was_seen_of_its_index() -> None:
    assert LOCK.without(PLUGIN.name) == Lock()
    other = replace(PLUGIN, name=Name("acme", "news"))
    assert LOCK.having(other).without(PLUGIN.name).indexes == LOCK.indexes


TEXT = LOCK.encode().decode()


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        "",
        "version = 2\n",
        "version = 1\nplugin = 7\n",
        "version = 1\n[[plugin]]\n",
        TEXT.replace('"acme/weather"', '"../../etc"'),
        TEXT.replace("a" * 64, "A" * 64),
        TEXT.replace("a" * 64, "../" * 21 + "x"),
        TEXT.replace("2026", "9999999"),
        TEXT.replace("clock = true", 'clock = "yes"'),
        TEXT.replace("clock = true", "everything = true"),
        TEXT.replace("log_index = 7", 'log_index = "7"'),
        TEXT + TEXT[TEXT.index("[[plugin]]") :],
        "version = 1\n" + "a." * 5000 + "a = 1\n",
        "a = " + "[" * 100_000,
        "version = " + "9" * 5000,
    ],
)
def test_what_is_no_lock_is_refused_with_the_files_name(text: str) -> None:
    with pytest.raises(ConfigError, match=r"^lumos\.lock: ") as e:
        decode(text.encode(), "lumos.lock")
    assert e.value.hint


def test_bytes_that_are_no_text_are_no_lock() -> None:
    with pytest.raises(ConfigError):
        decode(b"\xff", "lumos.lock")


def test_a_lock_that_is_huge_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "lumos.lock"
    path.write_bytes(b"#" * (4 * 1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger"):
        read(path)


def test_a_lock_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        write(tmp_path / "file" / "lumos.lock", LOCK)


def test_a_lock_behind_a_link_is_written_there(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "lumos.lock").symlink_to("shared/lumos.lock")
    write(tmp_path / "lumos.lock", LOCK)
    assert (tmp_path / "lumos.lock").is_symlink()
    assert read(tmp_path / "shared" / "lumos.lock") == LOCK


@pytest.mark.parametrize(
    "text", ["plain", 'a "quote"', "back\\slash", "new\nline", "tab\t", "\x00\x1f\x7f", "é — \U0001f600"]
)
def test_texts_survive_toml(text: str) -> None:
    value = {text or "x": text, "list": [text, 1, True], "table": {"a b": {text: text}}}
    assert tomllib.loads(toml.dumps(value)) == value
