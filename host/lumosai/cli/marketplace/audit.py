"""``lumos marketplace audit``: who did what."""

from __future__ import annotations

import argparse
import json

from lumosai.cli.marketplace.operating import operate
from lumosai.cli.output import say_json, table


def run(arguments: argparse.Namespace) -> int:
    """Show the last lines of the audit log. Raises LumosError."""
    found = operate(arguments, lambda operator: operator.audited(arguments.name, max(1, arguments.limit)))
    if arguments.json:
        say_json(found)
        return 0
    rows = [{**line, "detail": json.dumps(line["detail"], ensure_ascii=False)} for line in found]
    table(rows, ["at", "actor", "action", "subject", "detail"], empty="nothing yet", whole=("at",))
    return 0
