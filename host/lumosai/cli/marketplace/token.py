"""``lumos marketplace token``: what machines upload with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import checked, need, operate
from lumosai.cli.output import say, say_json, table, tell
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator

_PROJECTS = "--project acme-weather, or --project 'acme-*' for all of a namespace"


def run(arguments: argparse.Namespace) -> int:
    """List tokens, make one, revoke one. Raises LumosError."""
    match arguments.action:
        case "list":
            found = operate(arguments, lambda operator: operator.tokens())
            if arguments.json:
                say_json(found)
            else:
                table(found, ["id", "of", "projects", "label", "expires"], empty="no tokens")
        case "add":
            _add(arguments)
        case _:
            number = int(need(arguments, "id"))
            operate(arguments, lambda operator: operator.revoke_token(number))
            if arguments.json:
                say_json({"id": number, "done": "remove"})
            else:
                say(f"token {number} is worth nothing any more")
    return 0


def _add(arguments: argparse.Namespace) -> None:
    subject = need(arguments)
    if not arguments.project:
        raise InputError("a token is for projects", hint=_PROJECTS)

    async def work(operator: Operator) -> str:
        from lumosai_marketplace.service.accounts import NewToken

        fields = {"projects": arguments.project, "label": arguments.label, "days": arguments.days}
        return await operator.make_token(subject, checked(lambda: NewToken(**fields), _PROJECTS))

    secret = operate(arguments, work)
    if arguments.json:
        say_json({"token": secret, "projects": arguments.project})
    else:
        say(secret)
        tell("It is shown this once. Upload with the user __token__ and this as password.")
