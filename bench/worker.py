"""One subject in one cell as a child process that measures a slice of time whenever it is asked to."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.protocol import Cell

ROOT: Final = Path(__file__).resolve().parent.parent
#: For imports and the warm-up, and on top of the time measured: a peer that hangs must not hang the bench.
GRACE_SECONDS: Final = 120.0


class SubjectError(Exception):
    """A subject failed or did not do the work; the message has its last words and the command to repeat it."""


@dataclass(frozen=True, slots=True)
class Task:
    """What a worker is started with.

    Args:
        python: the interpreter of the environment in which the subject is installed.
        module: the subject, such as `bench.subjects.langgraph`.
        cell: what to measure.
        base_url: the model server.
        seconds: the length of one slice.
    """

    python: Path
    module: str
    cell: Cell
    base_url: str
    seconds: float

    def argv(self) -> list[str]:
        """Return the command that makes one such measurement."""
        command = [str(self.python), "-m", self.module, "--cell", self.cell.name, "--seconds", str(self.seconds)]
        return [*command, "--base-url", self.base_url] if self.cell.http else command


@dataclass(frozen=True, slots=True)
class Worker:
    """A started subject."""

    task: Task
    process: subprocess.Popen[str]
    errors: IO[str]

    def slice(self) -> dict[str, Any]:
        """Measure one slice and return its record.

        Raises:
            SubjectError: when the process fails, hangs or prints something else.
        """
        assert self.process.stdin is not None
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.failure("it ended too early") from None
        return self.receive()

    def receive(self) -> dict[str, Any]:
        """Return the next JSON line of the process; kill it if none comes in time.

        Raises:
            SubjectError: when there is none.
        """
        assert self.process.stdout is not None
        limit = self.task.seconds + GRACE_SECONDS
        timer = threading.Timer(limit, self.process.kill)
        timer.start()
        try:
            line = self.process.stdout.readline()
        finally:
            timer.cancel()
        try:
            record: dict[str, Any] = json.loads(line)
        except ValueError:
            what = (
                f"it printed {line[:200]!r}"
                if line
                else f"it ended, or was stopped after {limit:.0f} s, without a result"
            )
            raise self.failure(what) from None
        return record

    def failure(self, what: str) -> SubjectError:
        """Return the error that tells what the process did, with its last words and the command to repeat it."""
        self.process.kill()
        self.process.wait()
        self.errors.seek(0)
        said = "\n".join(self.errors.read().strip().splitlines()[-4:])
        again = f"repeat it from the repository's root with: {' '.join(self.task.argv())}"
        return SubjectError(f"{self.task.module}, cell {self.task.cell.name}: {what}\n{said}\n{again}")


@contextmanager
def started(task: Task) -> Iterator[Worker]:
    """Start a worker and wait until it is warm; it ends with the block, and when this process ends.

    Raises:
        SubjectError: when it does not get that far.
    """
    # Nothing is to be sent to a tracing service, whatever the caller's environment says.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LANGSMITH_", "LANGCHAIN_"))}
    environment["OPENAI_AGENTS_DISABLE_TRACING"] = "1"
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
        subprocess.Popen(
            [*task.argv(), "--on-request"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            worker = Worker(task, process, errors)
            worker.receive()
            yield worker
        finally:
            process.kill()
