"""``lumos marketplace publisher``: whose signatures a namespace takes for its own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import checked, need, operate
from lumosai.cli.output import say, say_json, table

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator

_FIELDS = ("plugin", "issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")


def run(arguments: argparse.Namespace) -> int:
    """List publishers, register one, or take one's right away. Raises LumosError."""
    if arguments.action == "list":
        found = operate(arguments, lambda operator: operator.publishers(arguments.name))
        if arguments.json:
            say_json(found)
        else:
            table(found, ["id", "namespace", "plugin", "who", "issuer"], empty="no publishers")
        return 0
    namespace = need(arguments)

    async def work(operator: Operator) -> int:
        from lumosai_marketplace.service.namespaces import NewPublisher

        if arguments.action == "remove":
            number = int(need(arguments, "id"))
            await operator.remove_publisher(namespace, number)
            return number
        body = checked(lambda: NewPublisher(**{name: getattr(arguments, name) for name in _FIELDS}))
        return await operator.add_publisher(namespace, body)

    number = operate(arguments, work)
    if arguments.json:
        say_json({"namespace": namespace, "id": number, "done": arguments.action})
    else:
        say(f"publisher {number} of {namespace} is {'there' if arguments.action == 'add' else 'gone'}")
    return 0
