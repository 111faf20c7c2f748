"""`make bench`: what a run of an agent costs here and elsewhere, and how fast the command line starts.

See bench/README.md for what the figures mean.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Run as a file, the root is not on the path; and bench/ itself must not be.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench import environment, overhead, peers, report, startup, stub  # noqa: E402
from bench.protocol import CELLS  # noqa: E402
from bench.worker import SubjectError  # noqa: E402


def options(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="bench/run.py", description="CPU per agent run against peers, and start-up")
    parser.add_argument("--quick", action="store_true", help="two turns of 0.3 s: a look, not a measurement")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each subject (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one turn (default: %(default)s)")
    parser.add_argument("--subjects", type=choice(overhead.SUBJECTS), default=list(overhead.SUBJECTS), metavar="A,B")
    parser.add_argument("--cells", type=choice(CELLS), default=list(CELLS), metavar="A,B")
    parser.add_argument("--no-startup", action="store_true", help="leave out bench/startup.py")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    chosen = parser.parse_args(argv)
    if chosen.quick:
        chosen.rounds, chosen.seconds = 2, 0.3
    return chosen


def choice(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Return a parser of comma-separated names, which keeps the bench's own order."""

    def parse(text: str) -> list[str]:
        asked = set(text.split(","))
        if unknown := asked - set(known):
            raise argparse.ArgumentTypeError(f"no {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        return [name for name in known if name in asked]

    return parse


def progress(text: str) -> None:
    """Show where the bench is, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{text:78}", end="", file=sys.stderr, flush=True)


def measured(plan: overhead.Plan) -> list[dict[str, Any]]:
    """Install the peers if the plan has any, start the model server, and carry out the plan.

    Raises:
        SystemExit: when the peers cannot be installed or a subject fails.
    """
    try:
        python = peers.ensure() if set(plan.subjects) - {overhead.OURS} else Path(sys.executable)
        with stub.running() as server:
            return overhead.measure(plan, server, python, progress)
    except (peers.PeersError, SubjectError) as error:
        sys.exit(f"\nbench: {error}")
    finally:
        progress("")


def main() -> None:
    """Measure and print."""
    chosen = options()
    plan = overhead.Plan(chosen.subjects, chosen.cells, chosen.rounds, chosen.seconds)
    facts = environment.describe()
    print(*environment.lines(facts), sep="\n", flush=True)
    records = measured(plan)
    print(*report.version_lines(records), sep="\n")
    print(f"{plan.rounds} x {plan.seconds:g} s a figure, one run at a time; the model server's CPU is not counted")
    tables = {name: overhead.figures(records, name) for name in plan.cells}
    for name, figures in tables.items():
        print(*report.cell_lines(CELLS[name], figures), sep="\n", flush=True)
    starts = None if chosen.no_startup else startup.report(5 if chosen.quick else startup.REPEATS)
    if chosen.json:
        summary = {cell: {name: asdict(figure) for name, figure in row.items()} for cell, row in tables.items()}
        result = {"environment": facts, "overhead": summary, "records": records, "startup": starts}
        chosen.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
