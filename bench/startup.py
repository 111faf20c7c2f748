"""How long the command line takes to start: `lumos --version`, and `lumos plugin list` with 200 plugins installed.

`python bench/startup.py` prints wall times beside those of an interpreter that does nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REPEATS: Final = 25
PLUGINS: Final = 200
SECONDS: Final = 60
BARE: Final = "python -c pass"
SCRIPTS: Final = Path(sys.executable).parent

MANIFEST: Final = """\
schema = 1
name = "{name}"
version = "1.0.{number}"
api = ">=1.0,<2"
runtime = "python"
hooks = []

[[contributes.tool]]
id = "{name}.echo"
target = "{module}:echo"
description = "Returns its text, number {number}"

[contributes.tool.input_schema]
type = "object"
required = ["text"]
properties = {{ text = {{ type = "string" }} }}
"""
#: To list a plugin is not to import it.
MODULE: Final = 'raise ImportError("this plugin is there to be listed, not to be imported")\n'
METADATA: Final = "Metadata-Version: 2.4\nName: {name}\nVersion: 1.0.{number}\n"
ENTRY_POINTS: Final = "[lumosai.plugins]\n{name} = {module}\n"


@dataclass(frozen=True, slots=True)
class Command:
    """One command to start, and the most milliseconds it should take."""

    title: str
    argv: list[str]
    target_ms: float | None = None


COMMANDS: Final = (
    Command(BARE, [sys.executable, "-c", "pass"]),
    Command("lumos --version", [str(SCRIPTS / "lumos"), "--version"], 60.0),
    Command("python -m lumosai --version", [sys.executable, "-m", "lumosai", "--version"], 60.0),
    Command(f"lumos plugin list, {PLUGINS} plugins", [str(SCRIPTS / "lumos"), "plugin", "list"], 150.0),
)


def synthesise(target: Path, count: int) -> list[str]:
    """Write small plugins into a folder as if pip had installed them there.

    Args:
        target: the folder, to be put on PYTHONPATH.
        count: how many.

    Returns:
        their names.
    """
    names = []
    for number in range(count):
        name, module = f"bench{number:03}", f"bench_plugin_{number:03}"
        about = {"name": name, "module": module, "number": number}
        metadata = target / f"{module}-1.0.{number}.dist-info"
        files = {
            target / module / "__init__.py": MODULE,
            target / module / "lumos-plugin.toml": MANIFEST.format(**about),
            metadata / "METADATA": METADATA.format(name=module, number=number),
            metadata / "entry_points.txt": ENTRY_POINTS.format(**about),
            metadata / "INSTALLER": "bench\n",
        }
        for path, text in files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        record = "".join(f"{path.relative_to(target)},,\n" for path in files)
        (metadata / "RECORD").write_text(record, encoding="utf-8")
        names.append(name)
    return names


def timed(command: Command, directory: Path, environment: Mapping[str, str]) -> tuple[float, str]:
    """Run a command once; return its wall time in milliseconds and what it printed.

    Raises:
        SystemExit: when it fails, with its last words.
    """
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command.argv, cwd=directory, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.exit(f"bench: {command.title}: {error}\nrun: {' '.join(command.argv)}")
    elapsed = (time.perf_counter() - began) * 1e3
    if done.returncode != 0:
        sys.exit(f"bench: {command.title} failed: {done.stderr.strip()[-500:]}\nrun: {' '.join(command.argv)}")
    return elapsed, done.stdout


def measure(repeats: int) -> dict[str, list[float]]:
    """Start every command `repeats` times, interleaved, after one start each that warms the index and the disk.

    Raises:
        SystemExit: when a command fails, or the list lacks a plugin.
    """
    times: dict[str, list[float]] = {command.title: [] for command in COMMANDS}
    with tempfile.TemporaryDirectory(prefix="lumos-bench-") as folder:
        place = Path(folder)
        packages, work = place / "packages", place / "work"
        packages.mkdir()
        work.mkdir()
        names = synthesise(packages, PLUGINS)
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("LUMOS_")},
            "PYTHONPATH": str(packages),
            "HOME": str(place),
            "XDG_CACHE_HOME": str(place / "cache"),
            "XDG_DATA_HOME": str(place / "data"),
            "XDG_CONFIG_HOME": str(place / "config"),
            "NO_COLOR": "1",
        }
        for command in COMMANDS:
            _, printed = timed(command, work, environment)
            if "list" in command.argv and (missing := [name for name in names if name not in printed]):
                sys.exit(f"bench: {command.title} does not show {len(missing)} of them, such as {missing[0]}")
        for _ in range(repeats):
            for command in COMMANDS:
                times[command.title].append(timed(command, work, environment)[0])
    return times


def report(repeats: int = REPEATS) -> dict[str, Any]:
    """Measure, print the table, and return its figures."""
    times = measure(repeats)
    bare = times[BARE]
    print(f"\n-- start-up, wall ms, median of {repeats}, all commands in turn ".ljust(81, "-"))
    print(f"{'':36}{'ms':>8}{'p10':>8}{'x bare':>9}")
    figures: dict[str, Any] = {}
    for command in COMMANDS:
        mine = times[command.title]
        middle, ratio = median(mine), median(one / base for one, base in zip(mine, bare, strict=True))
        figures[command.title] = {"ms": middle, "x_bare": ratio, "target_ms": command.target_ms, "times_ms": mine}
        low = sorted(mine)[len(mine) // 10]
        print(f"  {command.title:34}{middle:>8.1f}{low:>8.1f}{ratio:>9.1f}{verdict(command, middle)}")
    return figures


def verdict(command: Command, middle: float) -> str:
    """Return the target beside the figure."""
    if command.target_ms is None:
        return ""
    return f"  <= {command.target_ms:.0f} {'met' if middle <= command.target_ms else 'MISSED'}"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="start-up times of the command line")
    parser.add_argument("--repeats", type=int, default=REPEATS, help="starts of each command (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    options = parser.parse_args()
    figures = report(options.repeats)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
