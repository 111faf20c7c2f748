"""`python bench/sandbox/run.py`: what a call into the sandbox costs, beside a plain call and the other ways to isolate.

See bench/README.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

sys.path[0] = str(Path(__file__).resolve().parents[2])

from bench import environment, peers  # noqa: E402
from bench.sandbox import guests, whole  # noqa: E402

ROOT: Final = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Row:
    """A subject: its name, what it is, the guest it runs, its target (microseconds) if it has one."""

    name: str
    what: str
    guest: str = ""
    target: float | None = None


ROWS: Final = (
    Row("python", "a Python function, nothing isolated"),
    Row("lumos-warm", "in process, C, kept instance", "c", 8),
    Row("lumos-host", "the same, with one host call", "c", 18),
    Row("lumos-fresh", "in process, C, fresh instance", "c", 60),
    Row("lumos-js-warm", "in process, JavaScript, kept instance", "js"),
    Row("lumos-js-fresh", "in process, JavaScript, fresh instance", "js", 350),
    Row("lumos-python-warm", "in process, Python guest, kept instance", "python", 20),
    Row("lumos-python-fresh", "in process, Python guest, fresh instance", "python", 2000),
    Row("lumos-jail-warm", "jailed worker, C, kept instance", "c", 50),
    Row("lumos-jail-host", "the same, with one host call", "c"),
    Row("lumos-jail-fresh", "jailed worker, C, fresh instance", "c"),
    Row("lumos-jail-python-warm", "jailed worker, Python guest, kept instance", "python", 100),
    Row("extism", "Extism's Python SDK, C, kept plugin", "extism"),
    Row("extism-host", "the same, with one host call", "extism"),
    Row("extism-fresh", "Extism, C, fresh plugin", "extism"),
    Row("stdio", "a child over JSON-RPC on stdio (as MCP)"),
    Row("process", "a Python process for each call"),
)


class Subject:
    """A running subject."""

    def __init__(self, row: Row, python: Path, guest: Path) -> None:
        self.row = row
        argv = [str(python), "-m", "bench.sandbox.subject", row.name, str(guest)]
        self._child = subprocess.Popen(argv, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._read("ready")

    def _read(self, wanted: str = "") -> str:
        assert self._child.stdout is not None
        line = self._child.stdout.readline().strip()
        if not line or (wanted and line != wanted):
            sys.exit(f"bench: the subject {self.row.name} ended: {line!r}")
        return line

    def turn(self, seconds: float) -> dict[str, float]:
        """Let it run for a turn."""
        assert self._child.stdin is not None
        self._child.stdin.write(f"{seconds}\n")
        self._child.stdin.flush()
        figures: dict[str, float] = json.loads(self._read())
        return figures

    def close(self) -> None:
        """End it."""
        assert self._child.stdin is not None
        self._child.stdin.close()
        try:
            self._child.wait(10)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


@contextmanager
def started(rows: list[Row]) -> Iterator[list[Subject]]:
    """Start all subjects, and end them."""
    python = peers.ensure() if any(r.guest == "extism" for r in rows) else Path(sys.executable)
    found = guests.find({r.guest for r in rows if r.guest})
    with ExitStack() as stack:
        subjects = []
        for row in rows:
            runs_on = python if row.guest == "extism" else Path(sys.executable)
            subject = Subject(row, runs_on, found.get(row.guest, Path()))
            stack.callback(subject.close)
            subjects.append(subject)
        yield subjects


def measure(rows: list[Row], rounds: int, seconds: float) -> dict[str, list[dict[str, float]]]:
    """Return each subject's turns; within a round every subject has one."""
    with started(rows) as subjects:
        turns: dict[str, list[dict[str, float]]] = {s.row.name: [] for s in subjects}
        for _ in range(rounds):
            for subject in subjects:
                turns[subject.row.name].append(subject.turn(seconds))
    return turns


def lines(rows: list[Row], turns: dict[str, list[dict[str, float]]]) -> Iterator[str]:
    """Yield the table."""
    base = turns[rows[0].name]
    yield f"{'microseconds a call':42} {'p50':>9} {'p10 .. p90':>19} {'x python':>9}  target"
    for row in rows:
        mine = turns[row.name]
        p50 = statistics.median(t["p50"] for t in mine)
        ratio = statistics.median(t["p50"] / b["p50"] for t, b in zip(mine, base, strict=True))
        spread = f"{min(t['p10'] for t in mine):.1f} .. {max(t['p90'] for t in mine):.1f}"
        yield f"{row.what:42} {p50:9.1f} {spread:>19} {ratio:9.1f}  {_verdict(p50, row.target)}"


def _verdict(figure: float, target: float | None) -> str:
    if target is None:
        return ""
    return f"<= {target:g} {'met' if figure <= target else 'MISSED'}"


def options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench/sandbox/run.py", description="what a call into the sandbox costs")
    parser.add_argument("--quick", action="store_true", help="two turns of 0.2 s: a look, not a measurement")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each subject (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one turn (default: %(default)s)")
    parser.add_argument("--subjects", metavar="A,B", help="only these (the first row is always there)")
    parser.add_argument("--no-whole", action="store_true", help="leave out memory, scaling and waiting calls")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.seconds = 2, 0.2
    return chosen


def main() -> None:
    """Measure and print."""
    chosen = options()
    names = set(chosen.subjects.split(",")) if chosen.subjects else {r.name for r in ROWS}
    if unknown := names - {r.name for r in ROWS}:
        sys.exit(f"bench: no {', '.join(sorted(unknown))}; there are {', '.join(r.name for r in ROWS)}")
    rows = [r for r in ROWS if r.name in names or r is ROWS[0]]
    print(*environment.lines(environment.describe()), sep="\n", flush=True)
    try:
        turns = measure(rows, chosen.rounds, chosen.seconds)
        print(*lines(rows, turns), sep="\n", flush=True)
        figures: dict[str, Any] = {} if chosen.no_whole else whole.measure(guests.find({"c", "python"}))
    except (guests.GuestsError, peers.PeersError) as error:
        sys.exit(f"bench: {error}")
    print(*whole.lines(figures), sep="\n")
    if chosen.json:
        chosen.json.write_text(json.dumps({"turns": turns, "whole": figures}, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
