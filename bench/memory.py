"""CPU of a run of an agent that remembers: history, working memory and two processors, here and elsewhere.

`python -m bench.memory`; `--quick` is a look. The peers are those of bench/run.py, in the same environment.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from bench import environment, overhead, peers, report
from bench.protocol import CELLS
from bench.worker import SubjectError, Task, started

SUBJECTS: Final = {
    "lumos": "bench.subjects.lumos_memory",
    "langgraph": "bench.subjects.langgraph_memory",
    "pydantic-ai": "bench.subjects.pydantic_ai_memory",
}
CELL_NAMES: Final = ("instant", "instant-tool")
RATIO_TARGET: Final = 3.0


def measured(cell: str, rounds: int, seconds: float, python: Path) -> list[dict[str, Any]]:
    """Let the subjects take turns in one cell; return a record for each turn.

    Raises:
        SubjectError: when one fails, or does not do the work.
    """
    records = []
    with ExitStack() as stack:
        workers = {}
        for name, module in SUBJECTS.items():
            task = Task(Path(sys.executable) if name == overhead.OURS else python, module, CELLS[cell], "", seconds)
            workers[name] = stack.enter_context(started(task))
        for number in range(rounds):
            records += [{"round": number, **worker.slice()} for worker in workers.values()]
    return records


def lines(cell: str, figures: dict[str, overhead.Figure]) -> list[str]:
    """Return the table of one cell, with the target."""
    peer, figure = min(
        ((n, f) for n, f in figures.items() if n != overhead.OURS), key=lambda pair: pair[1].ratio or 0.0
    )
    ratio = figure.ratio or 0.0
    label = f"fastest peer ({peer})"
    goal = report.target(label, f"{ratio:.1f}x", f">= {RATIO_TARGET:.0f}x", met=ratio >= RATIO_TARGET)
    table = [line for line in report.cell_lines(CELLS[cell], figures) if " target " not in line]
    return [*table, goal]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two turns of 0.3 s: a look, not a measurement")
    parser.add_argument("--rounds", type=int, default=8, help="turns of each subject (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=0.5, help="length of one turn (default: %(default)s)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    chosen = parser.parse_args()
    rounds, seconds = (2, 0.3) if chosen.quick else (chosen.rounds, chosen.seconds)
    facts = environment.describe()
    print(*environment.lines(facts), sep="\n", flush=True)
    try:
        python = peers.ensure()
        records = [r for cell in CELL_NAMES for r in measured(cell, rounds, seconds, python)]
    except (peers.PeersError, SubjectError) as error:
        sys.exit(f"bench: {error}")
    print(*report.version_lines(records), sep="\n")
    for cell in CELL_NAMES:
        print(*lines(cell, overhead.figures(records, cell)), sep="\n", flush=True)
    if chosen.json:
        chosen.json.write_text(
            json.dumps({"environment": facts, "records": records}, indent=2) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main()
