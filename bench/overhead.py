"""Measure every subject in every cell, in turns, each in a process of its own."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from bench.protocol import CELLS, Cell
from bench.worker import SubjectError, Task, Worker, started

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.stub import Stub

#: LumosAI first: the others are shown as ratios to it.
SUBJECTS: Final = {
    "lumos": "bench.subjects.lumos",
    "openai-agents": "bench.subjects.openai_agents",
    "langgraph": "bench.subjects.langgraph",
    "pydantic-ai": "bench.subjects.pydantic_ai",
}
OURS: Final = "lumos"


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure, and for how long.

    Args:
        subjects: names from `SUBJECTS`.
        cells: names from `CELLS`.
        rounds: how often the subjects of a cell take turns.
        seconds: the length of one turn.
    """

    subjects: Sequence[str]
    cells: Sequence[str]
    rounds: int
    seconds: float


def measure(plan: Plan, stub: Stub, peers: Path, progress: Callable[[str], None]) -> list[dict[str, Any]]:
    """Carry out the plan and return one record per turn, as the subjects print them, with the round added.

    All subjects of a cell are started and warmed up, then they take turns (A B C, A B C, ...): drift meets all alike.

    Args:
        plan: what to measure.
        stub: the model server of the http cells.
        peers: the Python of the peers' environment; LumosAI runs under the Python of this process.
        progress: told before each step.

    Raises:
        SubjectError: when a subject fails, or makes another number of model calls over HTTP than its runs need.
    """
    records = []
    for cell in (CELLS[name] for name in plan.cells):
        with ExitStack() as stack:
            workers = {}
            for subject in plan.subjects:
                progress(f"{cell.name:13} warming up {subject}")
                python = Path(sys.executable) if subject == OURS else peers
                task = Task(python, SUBJECTS[subject], cell, stub.base_url, plan.seconds)
                workers[subject] = stack.enter_context(started(task))
            for number in range(plan.rounds):
                for subject, worker in workers.items():
                    progress(f"{cell.name:13} round {number + 1}/{plan.rounds} {subject}")
                    records.append({"round": number, **turn(worker, cell, stub)})
    return records


def turn(worker: Worker, cell: Cell, stub: Stub) -> dict[str, Any]:
    """Let one subject measure one slice, and check the model calls against the server's own count.

    Raises:
        SubjectError: when they differ.
    """
    before = stub.completions()
    record = worker.slice()
    served = stub.completions() - before
    due = record["runs"] * cell.model_calls if cell.http else 0
    if served != due:
        raise SubjectError(f"{record['subject']}, cell {cell.name}: {served} model calls served, {due} expected")
    return {**record, "model_calls_served": served}


@dataclass(frozen=True, slots=True)
class Figure:
    """One subject in one cell, over all rounds."""

    cpu_us: float
    p10_us: float
    p90_us: float
    wall_us: float
    ratio: float | None


def figures(records: list[dict[str, Any]], cell: str) -> dict[str, Figure]:
    """Return the figures of one cell by subject, in the order measured.

    A ratio is the median of the ratios within each round, not the ratio of the medians: a slow minute of the machine
    falls on all subjects of its round.
    """
    mine = [record for record in records if record["cell"] == cell]
    ours = {record["round"]: record["cpu_us"]["median"] for record in mine if record["subject"] == OURS}
    return {
        name: figure([r for r in mine if r["subject"] == name], ours)
        for name in dict.fromkeys(r["subject"] for r in mine)
    }


def figure(records: list[dict[str, Any]], ours: dict[int, float]) -> Figure:
    """Join the rounds of one subject in one cell."""
    ratios = [record["cpu_us"]["median"] / ours[record["round"]] for record in records if record["round"] in ours]
    return Figure(
        cpu_us=median(record["cpu_us"]["median"] for record in records),
        p10_us=min(record["cpu_us"]["p10"] for record in records),
        p90_us=max(record["cpu_us"]["p90"] for record in records),
        wall_us=median(record["wall_us"]["median"] for record in records),
        ratio=median(ratios) if ratios else None,
    )
