# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumosai.config.edit import set_value
from lumosai_sdk.errors import ConfigError

FILE = """\
# my hosts
[host]
safe_mode = false  # for now

[plugins.weather]   # the weather
enabled = true

[plugins.weather.settings]
city = "Oslo"       # home
inline = { a = 1, b = [1, 2] }

[agents]
x.model = "a/b"
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "lumos.toml"
    path.write_text(FILE)
    return path


def get(path: Path, *keys: str) -> Any:
    value: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    for key in keys:
        value = value[key]
    return value


@pytest.mark.parametrize(
    "keys",
    [
        ("plugins", "weather", "enabled"),
        ("plugins", "weather", "settings", "city"),
        ("plugins", "weather", "settings", "inline", "a"),
        ("plugins", "weather", "settings", "new"),
        ("plugins", "other", "enabled"),
        ("plugins", "a.b c", "settings", "deep", "deeper"),
        ("agents", "x", "model"),
        ("agents", "y", "model"),
        ("host", "safe_mode"),
        ("limits", "steps"),
        ("top",),
    ],
)
def test_one_value_changes_and_all_else_stays(toml: Path, keys: tuple[str, ...]) -> None:
    before = tomllib.loads(FILE)
    set_value(toml, keys, "changed")
    assert get(toml, *keys) == "changed"
    text = toml.read_text()
    assert all(comment in text for comment in ("# my hosts", "# for now", "# the weather", "# home"))
    expected = before
    table = expected
    for key in keys[:-1]:
        table = table.setdefault(key, {})
    table[keys[-1]] = "changed"
    assert tomllib.loads(text) == expected


def test_a_line_that_is_not_touched_stays_as_it_is(toml: Path) -> None:
    set_value(toml, ("plugins", "weather", "enabled"), False)
    assert toml.read_text() == FILE.replace("enabled = true", "enabled = false")


def test_a_file_that_is_not_there_is_made(tmp_path: Path) -> None:
    path = tmp_path / "lumos.toml"
    set_value(path, ("plugins", "weather", "enabled"), False)
    assert path.read_text() == "[plugins.weather]\nenabled = false\n"
    assert path.stat().st_mode & 0o777 == 0o644


def test_the_files_mode_is_kept_and_nothing_is_left_behind(toml: Path) -> None:
    toml.chmod(0o600)
    set_value(toml, ("host", "safe_mode"), True)
    assert toml.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in toml.parent.iterdir()] == ["lumos.toml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "lumos.toml"
    real.write_text(FILE)
    link.symlink_to(real)
    set_value(link, ("host", "safe_mode"), True)
    assert link.is_symlink()
    assert get(real, "host", "safe_mode") is True


@pytest.mark.parametrize(
    ("text", "keys", "value"),
    [
        ("a = 1\n", ("a", "b"), 1),
        ("a = [1]\n", ("a", "b", "c"), 1),
        ("[[a]]\nb = 1\n", ("a", "b"), 1),
        ("a = ", ("a",), 1),
        ("", ("a",), None),
        ("", ("a",), object()),
    ],
)
def test_what_cannot_be_set_changes_nothing(tmp_path: Path, text: str, keys: tuple[str, ...], value: Any) -> None:
    path = tmp_path / "lumos.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"lumos\.toml: cannot be changed: "):
        set_value(path, keys, value)
    assert path.read_text() == text
    assert [p.name for p in tmp_path.iterdir()] == ["lumos.toml"]


def test_bytes_that_are_no_text_and_folders_that_are_not_there(tmp_path: Path) -> None:
    path = tmp_path / "lumos.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be changed"):
        set_value(path, ("a",), 1)
    with pytest.raises(ConfigError, match="cannot be changed"):
        set_value(tmp_path / "none" / "lumos.toml", ("a",), 1)


def test_a_disk_that_fails_leaves_the_old_file_and_no_other(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lumosai.config.edit.os.fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        set_value(toml, ("host", "safe_mode"), True)
    assert toml.read_text() == FILE
    assert [p.name for p in toml.parent.iterdir()] == ["lumos.toml"]


# Surrogates are no Unicode text, so no TOML either.
TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), TEXT)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
PATHS = st.lists(TEXT.filter(bool), min_size=1, max_size=4).map(tuple)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(PATHS, VALUES), min_size=1, max_size=4))
def test_what_is_set_is_read_back(tmp_path: Path, changes: list[tuple[tuple[str, ...], Any]]) -> None:
    path = tmp_path / "lumos.toml"
    path.write_text("# kept\n[host]\nsafe_mode = true # kept\n")
    for keys, value in changes:
        before = path.read_text(encoding="utf-8")
        try:
            set_value(path, ("plugins", *keys), value)
        except ConfigError:
            # A key on the way holds something that is no table.
            assert path.read_text(encoding="utf-8") == before
            continue
        assert get(path, "plugins", *keys) == value
        assert get(path, "host") == {"safe_mode": True}
        assert path.read_text(encoding="utf-8").count("# kept") == before.count("# kept")
