"""How a run that was followed ends the command: its exit code, and what the person is told."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from lumosai.cli.asking import describe
from lumosai.cli.exits import FAILURE, INTERRUPTED, OK, SUSPENDED
from lumosai.cli.failure import show
from lumosai.cli.output import tell
from lumosai.cli.transcript import Outcome
from lumosai_sdk import safe


def finish(outcome: Outcome, arguments: argparse.Namespace, *, quiet: bool = False) -> int:
    """Tell how the run ended and return the exit code."""
    if outcome.status == "suspended":
        if not quiet:
            tell_suspended(outcome, arguments)
        return SUSPENDED
    if outcome.status == "failed":
        if not quiet:
            show(str(outcome.error.get("message", "the run failed")), outcome.error.get("hint"))
        return FAILURE
    return INTERRUPTED if outcome.status == "cancelled" else OK


def tell_suspended(outcome: Outcome, arguments: argparse.Namespace) -> None:
    """Say what the run waits for, and the command that goes on with it."""
    tell(f"run {outcome.run_id} is suspended; it waits for you:")
    for pending in outcome.pending:
        tell(f"  {safe.line(pending.call_id)}  {describe(pending)}")
    tell(f"go on with:\n  {resume_command(outcome, arguments)}")


def resume_command(outcome: Outcome, arguments: argparse.Namespace) -> str:
    """Return a command line that goes on with a suspended run. Ids of calls are a model's words: they are quoted."""
    words = ["lumos", "runs", "resume", outcome.run_id]
    if getattr(arguments, "config", None):
        words += ["--config", arguments.config]
    for pending in outcome.pending:
        flag, value = (
            ("--answer", f"{pending.call_id}=TEXT") if pending.kind == "question" else ("--approve", pending.call_id)
        )
        words += [flag, value]
    return " ".join(shlex.quote(safe.line(w)) for w in words)


def error_json(error: Exception) -> dict[str, Any]:
    """Return an error as ``--json`` shows it."""
    from lumosai_sdk.errors import LumosError

    told = error.to_json() if isinstance(error, LumosError) else {"code": "error", "message": str(error)}
    return {"status": "failed", "error": told}
