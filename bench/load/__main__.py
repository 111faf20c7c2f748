"""Put every service under load, in turns, and print what it did: ``python -m bench.load``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

sys.path.insert(0, str(Path(__file__).parents[2]))

from bench import environment, peers
from bench.load import report
from bench.load.service import Service, serving
from bench.load.subjects import BODY, ROOT, SUBJECTS, SetupError
from bench.protocol import ANSWER
from bench.report import US

if TYPE_CHECKING:
    from collections.abc import Sequence

CONNECTIONS: Final = (32, 128)
#: What a load may take on top of its seconds: to connect, and to wait for the last answers.
GRACE: Final = 60.0
DISTRIBUTIONS: Final = (
    "fastapi", "uvicorn", "uvloop", "httptools", "langgraph", "langgraph-checkpoint-sqlite", "aiosqlite",
    "pydantic-ai-slim",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What to measure: names of subjects, numbers of connections, rounds, and the seconds of a turn."""

    subjects: Sequence[str]
    connections: Sequence[int]
    rounds: int
    seconds: float
    warm_up: float


def measured(plan: Plan, python: Path) -> list[report.Record]:
    """Start all services, let them take turns under load (A B C, A B C, ...), and compare their records at the end.

    Raises:
        SetupError: when a service does not start, a load fails, or a service recorded other runs than it answered.
    """
    records: list[report.Record] = []
    with ExitStack() as stack:
        services = []
        for name in plan.subjects:
            progress(f"starting {name}")
            services.append(stack.enter_context(serving(SUBJECTS[name], python)))
        for connections in plan.connections:
            for number in range(plan.rounds):
                for service in services:
                    name = service.subject.name
                    progress(f"{connections} connections, round {number + 1}/{plan.rounds}, {name}")
                    about = {"subject": name, "connections": connections, "round": number}
                    records.append({**about, **turn(service, connections, plan)})
        for service in services:
            check(service, records)
    return records


def turn(service: Service, connections: int, plan: Plan) -> dict[str, Any]:
    """Put one service under load once. Raises SetupError."""
    argv = [sys.executable, "-m", "bench.load.client", "--url", service.url, "--connections", str(connections)]
    argv += ["--seconds", str(plan.seconds), "--warm-up", str(plan.warm_up), "--body", BODY, "--expect", ANSWER]
    if service.start.headers:
        argv += ["--headers", str(service.start.headers)]
    before, limit = service.cpu(), plan.seconds + plan.warm_up + GRACE
    try:
        done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=limit, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise SetupError(f"{service.subject.name}: the load failed: {str(error.stderr)[-500:]}") from None
    found: dict[str, Any] = json.loads(done.stdout)
    used = (service.cpu() - before) / max(1, found["answered"]) * 1e6
    return {**found, "cpu_us": used, "memory": service.memory()}


def check(service: Service, records: list[report.Record]) -> None:
    """Compare what a service answered with what it recorded.

    Raises:
        SetupError: when they differ and nothing went wrong that explains it: a run that was answered is recorded, and
            one that is recorded was answered, or its answer failed.
    """
    mine = [record for record in records if record["subject"] == service.subject.name]
    answered = sum(record["answered"] for record in mine)
    failed = sum(sum(record["errors"].values()) for record in mine)
    for query, count in zip(service.subject.counted, service.recorded(), strict=True):
        if not answered <= count <= answered + failed:
            raise SetupError(f"{service.subject.name} answered {answered:,} runs and recorded {count:,} ({query})")


def progress(text: str) -> None:
    """Show what is being done, when somebody watches."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def versions(python: Path) -> str:
    """Return what the peers are."""
    code = (
        f"from importlib.metadata import version\nprint(', '.join(f'{{n}} {{version(n)}}' for n in {DISTRIBUTIONS!r}))"
    )
    return subprocess.run([str(python), "-c", code], capture_output=True, text=True, timeout=60, check=True).stdout


def options() -> argparse.Namespace:
    """Return the command line's options. Exits with 2 when they are wrong."""
    parser = argparse.ArgumentParser(description="services under load: LumosAI, and frameworks behind FastAPI")
    parser.add_argument("--subjects", default=",".join(SUBJECTS), help="default: %(default)s")
    parser.add_argument("--connections", default=",".join(map(str, CONNECTIONS)), help="default: %(default)s")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each service (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a turn (default: %(default)s)")
    parser.add_argument("--warm-up", type=float, default=2.0, help="before each turn (default: %(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="a look, not a measurement: one turn of 2 s, 128 connections"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.seconds, chosen.warm_up, chosen.connections = 1, 2.0, 1.0, str(CONNECTIONS[-1])
    chosen.subjects = [name.strip() for name in chosen.subjects.split(",")]
    if unknown := [name for name in chosen.subjects if name not in SUBJECTS]:
        parser.error(f"there is no subject {unknown[0]!r}; there are: {', '.join(SUBJECTS)}")
    return chosen


def main() -> None:
    """Run from the command line."""
    chosen = options()
    plan = Plan(
        chosen.subjects, [int(n) for n in chosen.connections.split(",")], chosen.rounds, chosen.seconds, chosen.warm_up
    )
    facts = environment.describe()
    print(*environment.lines(facts), sep="\n", flush=True)
    try:
        python = peers.ensure()
        print(versions(python), end="")
        records = measured(plan, python)
    except (peers.PeersError, SetupError) as error:
        sys.exit(f"\nbench: {error}")
    finally:
        progress("")
    tell(plan, records)
    if chosen.json:
        result = {"environment": facts, "load": report.summary(records), "records": records}
        chosen.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def tell(plan: Plan, records: list[report.Record]) -> None:
    """Print the tables."""
    loop = "uvloop" if find_spec("uvloop") else "asyncio"
    client = min(record["client_us"] for record in records)
    print(f"median of {plan.rounds} turns of {plan.seconds:g} s each, in turns")
    print(f"the load is on the same cores: {loop}, {client:.0f} {US} of CPU a run at its best")
    for connections in plan.connections:
        print(*report.table(records, connections), sep="\n")
    print(*report.verdicts(records), sep="\n")
    kept = sum(record["answered"] for record in records if SUBJECTS[record["subject"]].counted)
    print(f"\nrecords compared: each of {kept:,} answered runs is in its service's database, none is missing")


if __name__ == "__main__":
    main()
