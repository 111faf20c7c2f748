"""What an author is told of an exception nobody meant to raise."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from lumosai_sdk import trace

SOURCE = """
def deep(n):
    if n == 0:
        raise KeyError("gone")
    return deep(n - 1)


def caused():
    try:
        deep(0)
    except KeyError as e:
        raise ValueError("first\\nsecond") from e


def alone():
    try:
        deep(0)
    except KeyError:
        raise ValueError("alone") from None
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "acme").mkdir()
    file = tmp_path / "acme" / "tools.py"
    file.write_text(SOURCE)
    made = types.ModuleType("acme.tools")
    made.__file__ = str(file)
    exec(compile(SOURCE, str(file), "exec"), vars(made))
    monkeypatch.setitem(sys.modules, "acme.tools", made)
    return made


def told(call: object, *args: object, **kwargs: object) -> list[str]:
    assert callable(call)
    with pytest.raises((KeyError, ValueError)) as caught:
        call(*args)
    return trace.lines(caught.value, skip=("tests/", "test_trace", str(Path(__file__))), **kwargs)  # type: ignore[arg-type]


def test_places_are_named_from_the_package_on_with_what_stands_there(module: types.ModuleType) -> None:
    lines = told(module.deep, 0)
    assert lines[-3:] == ['  File "acme/tools.py", line 4, in deep', '    raise KeyError("gone")', "KeyError: 'gone'"]


def test_causes_come_first_and_hidden_ones_not_at_all(module: types.ModuleType) -> None:
    lines = told(module.caused)
    assert lines.index("KeyError: 'gone'") < lines.index("which was raised anew as:") < lines.index("ValueError: first")
    assert lines[-1] == "  second"
    assert not any("KeyError: " in line for line in told(module.alone))


def test_of_a_deep_recursion_the_last_places_are_told(module: types.ModuleType) -> None:
    lines = told(module.deep, 100)
    assert len(lines) == 2 * trace.FRAMES + 2
    assert "places more" in lines[0]


def test_sources_are_kept_for_where_no_file_can_be_read(module: types.ModuleType) -> None:
    kept = trace.Kept()
    kept.keep(dict(sys.modules), "acme")
    assert module.__file__ is not None
    Path(module.__file__).unlink()
    assert '    raise KeyError("gone")' in told(module.deep, 0, source=kept)
    assert kept("elsewhere.py", 1) == kept(module.__file__, 999) == ""


def test_a_message_without_end_is_cut() -> None:
    assert all(len(line) <= 200 for line in trace.lines(ValueError("x" * 10_000 + "\ny" * 10_000)))
    assert len(trace.lines(ValueError("\n".join("abc" for _ in range(999))))) <= 21


def test_a_place_in_a_component_is_named_as_the_author_has_it() -> None:
    assert trace.short("/0/lumosai_bad/tools.py") == "lumosai_bad/tools.py"
