"""Measures this repository's Python against its own targets: lines a function, lines a file.

Run it as ``python tools/style_report.py``; ``tests/test_meta.py`` holds the source to the limits.
"""

# ruff: noqa: INP001, T201 - a script
from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
LEFT_OUT = {"tests", "_generated"}
SOURCE = ("host", "plugin_sdk", "sandbox", "marketplace", "plugins")


@dataclass(frozen=True, slots=True)
class Place:
    """A function or a file, and how many lines it has."""

    where: str
    lines: int


@dataclass(frozen=True, slots=True)
class Report:
    """The lengths of functions and files, longest first."""

    functions: list[Place] = field(default_factory=list)
    files: list[Place] = field(default_factory=list)


def tracked(*folders: str, root: Path = ROOT) -> list[Path]:
    """Return the files that git keeps below *folders* (all: none named). Raises CalledProcessError outside of git."""
    command = ["git", "ls-files", "-z", "--", *folders]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode()  # noqa: S603 - git
    return [p for name in listed.split("\0") if name and (p := root / name).is_file()]


def source(*folders: str) -> list[Path]:
    """Return the tracked Python files of packages, without tests and what is generated."""
    return [p for p in tracked(*folders or SOURCE) if p.suffix == ".py" and not LEFT_OUT & set(p.parts)]


def measure(paths: Iterable[Path]) -> Report:
    """Return the lengths of the files and of the functions in them."""
    report = Report()
    for path in paths:
        text = path.read_text(encoding="utf-8")
        name = str(path.relative_to(ROOT))
        report.files.append(Place(name, text.count("\n")))
        report.functions.extend(_functions(ast.parse(text), name))
    report.files.sort(key=lambda p: -p.lines)
    report.functions.sort(key=lambda p: -p.lines)
    return report


def _functions(tree: ast.Module, name: str) -> Iterator[Place]:
    """Yield each function: from ``def`` to its end, the docstring, blank lines and nested functions counted."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Place(f"{name}:{node.lineno} {node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)


def quantile(places: list[Place], share: float) -> float:
    """Return the length that *share* of the places do not exceed (0: when there are none)."""
    lengths = sorted(p.lines for p in places)
    if len(lengths) <= 1:
        return float(sum(lengths))
    return statistics.quantiles(lengths, n=100, method="inclusive")[round(share * 100) - 1]


def _row(label: str, report: Report) -> str:
    cells = [
        f"{quantile(places, 0.5):.0f} / {quantile(places, 0.9):.0f} / {places[0].lines}"
        for places in (report.functions, report.files)
    ]
    return f"{label:12} {len(report.files):5} files {cells[0]:>16} a function {cells[1]:>18} a file"


def main() -> int:
    """Print the table: median / 90 % / most, and the longest of each."""
    parts = {part: measure(source(part)) for part in SOURCE}
    for part, report in parts.items():
        if report.functions:
            print(_row(part, report))
    whole = measure(source())
    print(_row("all", whole))
    for place in [*whole.functions[:5], *whole.files[:5]]:
        print(f"{place.lines:6}  {place.where}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
