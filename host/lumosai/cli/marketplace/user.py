"""``lumos marketplace user``: who may sign in."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.marketplace.operating import need, operate
from lumosai.cli.output import say, say_json, table
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator


def run(arguments: argparse.Namespace) -> int:
    """List people, add somebody, change a password, keep somebody out. Raises LumosError."""
    if arguments.action == "list":
        found = operate(arguments, lambda operator: operator.users())
        if arguments.json:
            say_json(found)
        else:
            table(found, ["subject", "admin", "enabled"], empty="nobody yet: lumos marketplace user add EMAIL")
        return 0
    subject = need(arguments)
    password = "" if arguments.action == "disable" else _password(arguments)

    async def work(operator: Operator) -> None:
        if arguments.action == "add":
            await operator.add_user(subject, password, admin=arguments.admin)
        else:
            await operator.set_password(subject, password)

    operate(arguments, work)
    done = {"add": "may sign in", "password": "has a new password", "disable": "may sign in no longer"}
    _say(arguments, {"subject": subject, "done": arguments.action}, f"{subject} {done[arguments.action]}")
    return 0


def _password(arguments: argparse.Namespace) -> str:
    from lumosai_sdk.secrets import Secret

    if arguments.password:
        return Secret(arguments.password, Path.cwd()).reveal()
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask for a password", hint="--password env:NAME or file:path")
    import getpass

    first = getpass.getpass(f"password for {arguments.name}: ")
    if getpass.getpass("once more: ") != first:
        raise InputError("these were two different passwords")
    return first


def _say(arguments: argparse.Namespace, data: dict[str, Any], text: str) -> None:
    if arguments.json:
        say_json(data)
    else:
        say(text)
