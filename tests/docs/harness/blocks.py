"""The fenced blocks of a page."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_OPEN = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[a-z]*)(?P<rest>[^`]*)$")
_TITLE = re.compile(r'title="([^"]+)"')
_ANY = "…"


@dataclass(frozen=True, slots=True)
class Block:
    """A block: its language, its title (a file's name, where the block is one), its text, and where it stands."""

    page: str
    line: int
    language: str
    title: str
    text: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a console block and what it is shown to print."""

    command: str
    output: tuple[str, ...]


def blocks(path: Path, root: Path) -> Iterator[Block]:
    """Yield the blocks of a page, those inside of lists, tabs and admonitions too."""
    lines = path.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        opened = _OPEN.match(lines[number])
        number += 1
        if opened is None:
            continue
        start = number
        while lines[number].strip() != opened["fence"]:
            number += 1
        text = textwrap.dedent("\n".join(lines[start:number])) + "\n"
        title = _TITLE.search(opened["rest"])
        page = path.relative_to(root).as_posix()
        yield Block(page, start, opened["language"], title[1] if title else "", text)
        number += 1


def steps(text: str) -> Iterator[Step]:
    """Yield the commands of a console block; a line that ends in a backslash goes on in the next one."""
    command = ""
    output: list[str] = []
    for line in text.splitlines():
        if line.startswith("$ ") or command.endswith("\\"):
            if line.startswith("$ "):
                if command:
                    yield Step(command, tuple(output))
                command, output = line[2:], []
            else:
                command = f"{command}\n{line.removeprefix('> ')}"
        elif command:
            output.append(line.rstrip())
        else:
            raise ValueError(f"a console block begins with a command ($ …), not {line!r}")
    if command:
        yield Step(command, tuple(output))


def difference(shown: tuple[str, ...], printed: str) -> str:
    """Return how *printed* differs from what is *shown*, or nothing.

    ``…`` stands for anything within a line, and alone on a line for any lines.
    """
    if not shown:
        return ""
    parts = [r"(?:.*\n)*?" if line.strip() == _ANY else _line(line) for line in shown]
    real = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    if re.fullmatch("".join(parts), real):
        return ""
    return "\n".join(["shown:", *shown, "", "printed:", real])


def begins(shown: tuple[str, ...], printed: str) -> bool:
    """Tell whether *printed* has come to contain all that is *shown*."""
    return not difference((*shown, _ANY), printed)


def _line(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.split(_ANY)) + r"\n"
