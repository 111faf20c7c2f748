"""``lumos memory``: what is kept of a person, shown or deleted; and letting go of what is past its time."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from lumosai_plugins.remember.personal import Personal
from lumosai_plugins.remember.sweeping import Sweeper
from lumosai_sdk.decorators import command
from lumosai_sdk.errors import InputError
from lumosai_sdk.safe import say, say_json
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.plugins import PluginContext


@command("remember.memory")
class MemoryCommand:
    """Exports and forgets what is kept of a person."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="export|forget|sweep", help="what to do"
        )
        export = group.add_parser("export", help="print all that is kept of a person, as JSON")
        export.add_argument("--output", type=Path, metavar="FILE", help="write it to a new file that only you can read")
        forget = group.add_parser("forget", help="delete all that is kept of a person")
        forget.add_argument("--yes", action="store_true", help="do it: nothing of it comes back")
        for made in (export, forget):
            made.add_argument("person", metavar="PERSON", help="their id: the subject of their key or token, or local")
            made.add_argument("--tenant", default="default", help="their tenant; default: default")
        group.add_parser("sweep", help="let go of what is past retention_days, or of deleted threads, now")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises InputError, ConflictError, StorageError."""
        if arguments.subcommand == "sweep":
            say(f"{await Sweeper(context).sweep()} memories let go of")
            return 0
        personal = Personal(context, _owner(arguments))
        if arguments.subcommand == "export":
            return _written(await personal.export(), arguments.output)
        if not arguments.yes:
            raise InputError(
                f"this deletes all that is kept of {_owner(arguments)!r}, for good",
                hint="lumos memory export first, if they want a copy; then the same command with --yes",
            )
        counts = await personal.forget()
        say(f"forgotten: {', '.join(f'{n} {what}' for what, n in counts.items())}")
        return 0


def _owner(arguments: Namespace) -> str:
    try:
        who = Principal(arguments.person, arguments.tenant)
    except ValueError as e:
        raise InputError(str(e)) from None
    return f"{who.tenant}/{who.id}"


def _written(data: dict[str, Any], output: Path | None) -> int:
    if output is None:
        say_json(data)
        return 0
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as e:
        raise InputError(f"cannot write {str(output)!r}: {e.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{json.dumps(data, indent=2)}\n")
    return 0
