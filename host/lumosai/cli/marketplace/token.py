"""``lumos marketplace token``: what machines upload with."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import checked, need, operate
from lumosai.cli.output import say, say_json, table, tell

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator


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

    async def work(operator: Operator) -> str:
        from lumosai_marketplace.service.accounts import NewToken

        fields = {"projects": arguments.project, "label": arguments.label, "days": arguments.days}
        return await operator.make_token(subject, checked(lambda: NewToken(**fields)))

    secret = operate(arguments, work)
    if arguments.json:
        say_json({"token": secret, "projects": arguments.project})
    else:
        say(secret)
        tell("It is shown this once. Upload with the user __token__ and this as password.")
