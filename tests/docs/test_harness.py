"""A page that says what is not so must fail: otherwise none of the other tests here would mean anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.blocks import Block, Step, begins, blocks, difference, steps
from harness.environment import Environment, opened
from harness.project import Project


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    # No command is run here, so nothing need listen.
    folder = tmp_path_factory.mktemp("harness")
    return Environment(folder, folder, str(folder / "socket"))


def block(language: str, text: str, title: str = "") -> Block:
    return Block("page.md", 1, language, title, text)


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        (("a",), "a\n", True),
        (("a",), "b\n", False),
        (("a",), "a\nb\n", False),
        (("a", "…"), "a\nb\nc\n", True),
        (("…", "c"), "a\nb\nc\n", True),
        (("…", "d"), "a\nb\nc\n", False),
        (("run …: done",), "run 17: done\n", True),
        (("run …: done",), "run 17: failed\n", False),
        (("a.c",), "abc\n", False),
        ((), "whatever\n", True),
        (("a  ",), "a\n", False),
    ],
)
def test_what_is_shown_is_compared(shown: tuple[str, ...], printed: str, same: bool) -> None:
    assert (difference(shown, printed) == "") is same


def test_a_beginning_is_enough_for_what_goes_on() -> None:
    assert begins(("serving", "…"), "serving\nmore\n")
    assert not begins(("serving",), "starting\n")


def test_commands_and_what_they_print_are_told_apart() -> None:
    found = list(steps("$ one \\\n> two\nout\n$ three\n"))
    assert found == [Step("one \\\ntwo", ("out",)), Step("three", ())]


def test_a_console_block_begins_with_a_command() -> None:
    with pytest.raises(ValueError, match="begins with a command"):
        list(steps("out\n$ one\n"))


def test_blocks_are_found_in_lists_too(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('1. First:\n\n    ```toml title="lumos.toml"\n    [host]\n    ```\n\n```python\nx = 1\n```\n')
    first, second = blocks(page, tmp_path)
    assert (first.title, first.text, first.line) == ("lumos.toml", "[host]\n", 3)
    assert (second.language, second.text) == ("python", "x = 1\n")


def test_python_that_prints_something_else_fails(environment: Environment, tmp_path: Path) -> None:
    project = Project(tmp_path, environment, {})
    project.python(block("python", "print(1 + 1)\n# > 2\n"))
    with pytest.raises(AssertionError, match="printed:\n2"):
        project.python(block("python", "print(1 + 1)\n# > 3\n"))


def test_python_that_raises_fails(environment: Environment, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Project(tmp_path, environment, {}).python(block("python", "1 / 0\n"))


@pytest.mark.parametrize("text", ["$ echo a\nb\n", "$ false\n", "$ echo 'lumos: bad'\nlumos: bad\n"])
def test_a_command_that_does_something_else_fails(environment: Environment, tmp_path: Path, text: str) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:1"):
        Project(tmp_path, environment, {}).console(block("console", text))


def test_files_are_written_and_added_to(environment: Environment, tmp_path: Path) -> None:
    project = Project(tmp_path, environment, {})
    project.write(block("python", "a = 1\n", "made/here.py"))
    project.write(block("python", "# …\nb = 2\n", "made/here.py"))
    project.console(block("console", "$ cat made/here.py\na = 1\nb = 2\n"))


def test_the_environment_has_no_plugin_of_this_repository(tmp_path: Path) -> None:
    with opened(tmp_path / "environment") as made:
        (tmp_path / "project").mkdir()
        project = Project(tmp_path / "project", made, {})
        project.console(block("console", "$ lumos plugin list -q | grep -c -e moon -e sqlite\n1\n"))
