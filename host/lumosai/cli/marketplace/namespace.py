"""``lumos marketplace namespace``: whose names are whose."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import checked, need, operate
from lumosai.cli.output import say, say_json, table

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator


def run(arguments: argparse.Namespace) -> int:
    """List namespaces, give one to somebody, believe a claim, allow a name. Raises LumosError."""
    if arguments.action == "list":
        found = operate(arguments, lambda operator: operator.namespaces())
        if arguments.json:
            say_json(found)
        else:
            table(
                found, ["name", "owner", "proof"], empty="none yet: lumos marketplace namespace add NAME --owner EMAIL"
            )
        return 0
    name = need(arguments)

    async def work(operator: Operator) -> str:
        from lumosai_marketplace.names import Name
        from lumosai_marketplace.service.namespaces import Claim

        match arguments.action:
            case "add":
                claim = checked(lambda: Claim(name=name), "2 to 39 lower case letters and digits, a letter first: acme")
                await operator.add_namespace(claim.name, need(arguments, "owner"))
                return f"the namespace {name} is {arguments.owner}'s"
            case "approve":
                await operator.approve_namespace(name)
                return f"the namespace {name} is its claimant's"
            case _:
                await operator.allow(Name.parse(name))
                return f"{name} may be published"

    said = operate(arguments, work)
    if arguments.json:
        say_json({"namespace": name, "done": arguments.action})
    else:
        say(said)
    return 0
