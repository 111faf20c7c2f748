"""What is put under load: how each service is configured, started and asked, and how its record is counted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.protocol import ANSWER, PROMPT

ROOT: Final = Path(__file__).resolve().parents[2]
LUMOS: Final = Path(sys.executable).parent / "lumos"
OURS: Final = "lumos"
BODY: Final = json.dumps({"input": PROMPT})
#: Rules of LumosAI's scripted model: the answer, and before it, in a run with a tool, one call.
SAY: Final = f"[[plugins.scripted.settings.rules]]\nreply = {json.dumps(ANSWER)}\n"
CALL: Final = """\
[[plugins.scripted.settings.rules]]
on = "user"
tool = "calculator.evaluate"
arguments = { expression = "17 * 23" }
"""
#: The service's own limits are its users' wish; a bench wants to see the service's.
KEY: Final = ("--role", "owner", "--rate", "1000000", "--burst", "1000000", "--concurrency", "10000")


class SetupError(Exception):
    """A service could not be prepared or started; the message says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """One service.

    Args:
        name: of the tables.
        app: the peers' ASGI application; none is LumosAI.
        workers: processes that serve.
        tool: each run calls a tool.
        key: callers send an API key.
        peer_of: the subject of LumosAI this one is compared with.
        counted: a query for the number of recorded runs; none is recorded without one.
        environment: further variables of a peer.
    """

    name: str
    app: str | None = None
    workers: int = 1
    tool: bool = False
    key: bool = False
    peer_of: str | None = None
    counted: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where runs are posted."""
        return "/runs" if self.app else "/v1/agents/bench/runs"


#: A run counts when all of it is there: the row with its messages, and its last event.
LUMOS_COUNTS: Final = (
    "SELECT count(*) FROM runs WHERE status = 'completed'",
    "SELECT count(DISTINCT run_id) FROM events WHERE data LIKE '%\"run.completed\"%'",
)
GRAPH_COUNTS: Final = ("SELECT count(DISTINCT thread_id) FROM checkpoints",)
PYDANTIC_COUNTS: Final = ("SELECT count(*) FROM runs", "SELECT count(DISTINCT run_id) FROM events")


def _ours(name: str, *, workers: int = 1, tool: bool = False, key: bool = False) -> Subject:
    return Subject(name, None, workers, tool, key, counted=LUMOS_COUNTS)


def _graph(name: str, peer_of: str, *, workers: int = 1, tool: bool = False, durability: str = "async") -> Subject:
    environment = {"BENCH_DURABILITY": durability}
    return Subject(
        name,
        "bench.load.serve_langgraph:app",
        workers,
        tool,
        peer_of=peer_of,
        counted=GRAPH_COUNTS,
        environment=environment,
    )


def _pydantic(name: str, peer_of: str, *, workers: int = 1, tool: bool = False) -> Subject:
    return Subject(name, "bench.load.serve_pydantic_ai:app", workers, tool, peer_of=peer_of, counted=PYDANTIC_COUNTS)


SUBJECTS: Final = {
    subject.name: subject
    for subject in (
        _ours("lumos"),
        _ours("lumos x2", workers=2),
        _ours("lumos key", key=True),
        _ours("lumos tool", tool=True),
        _graph("langgraph", "lumos"),
        _graph("langgraph exit", "lumos", durability="exit"),
        _graph("langgraph x2", "lumos x2", workers=2),
        _graph("langgraph tool", "lumos tool", tool=True),
        _pydantic("pydantic-ai", "lumos"),
        _pydantic("pydantic-ai x2", "lumos x2", workers=2),
        _pydantic("pydantic-ai tool", "lumos tool", tool=True),
        Subject("floor", "bench.load.serve_floor:app"),
        Subject("floor x2", "bench.load.serve_floor:app", workers=2),
    )
}


@dataclass(frozen=True, slots=True)
class Start:
    """A service that is ready to be started: its command, folder, environment, database, and its callers' headers."""

    argv: list[str]
    folder: Path
    environment: dict[str, str]
    database: Path
    headers: Path | None = None


def prepared(subject: Subject, folder: Path, port: int, peers: Path) -> Start:
    """Write what a service needs into *folder*, which is empty. Raises SetupError."""
    # Nothing is to be sent to a tracing service, whatever the caller's environment says.
    unwanted = ("LANGSMITH_", "LANGCHAIN_", "LUMOS_", "OTEL_", "LOGFIRE_")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(unwanted)}
    return (
        _peer(subject, folder, port, peers, environment) if subject.app else _lumos(subject, folder, port, environment)
    )


def _peer(subject: Subject, folder: Path, port: int, peers: Path, environment: dict[str, str]) -> Start:
    database = folder / "bench.db"
    argv = [str(peers), "-m", "uvicorn", str(subject.app), "--port", str(port), "--workers", str(subject.workers)]
    argv += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    environment |= {"PYTHONPATH": str(ROOT), "BENCH_DATABASE": str(database), "LANGSMITH_TRACING": "false"}
    environment |= {"BENCH_TOOL": "1" if subject.tool else "0", **subject.environment}
    return Start(argv, folder, environment, database)


def _lumos(subject: Subject, folder: Path, port: int, environment: dict[str, str]) -> Start:
    (folder / "lumos.toml").write_text(settings(subject, port), encoding="utf-8")
    database = folder / "data/plugins/sqlite/lumos.db"
    headers = _with_key(folder, environment) if subject.key else None
    return Start([str(LUMOS), "up", "--quiet"], folder, environment, database, headers)


def settings(subject: Subject, port: int) -> str:
    """Return the lumos.toml of a subject: as shipped, but for what the bench is about."""
    workers = f"workers = {subject.workers}\n" if subject.workers > 1 else ""
    auth = 'auth = ["keys"]\n' if subject.key else ""
    tools = 'tools = ["calculator.evaluate"]\n' if subject.tool else ""
    agent = f'[agents.bench]\nmodel = "scripted/script"\n{tools}'
    server = f"[server]\nport = {port}\n{workers}{auth}"
    rules = CALL + SAY.replace("reply", 'on = "tool"\nreply') if subject.tool else SAY
    return f'[host]\ndata_dir = "data"\n{server}{agent}{rules}'


def _with_key(folder: Path, environment: dict[str, str]) -> Path:
    """Make a key, and return a file with the header that callers send."""
    argv = [str(LUMOS), "key", "create", "bench", *KEY, "--json"]
    done = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        raise SetupError(f"no key could be made: {done.stderr.strip()[-300:]}")
    headers = folder / "headers"
    headers.write_text(f"authorization: Bearer {json.loads(done.stdout)['key']}\n", encoding="utf-8")
    headers.chmod(0o600)
    return headers
