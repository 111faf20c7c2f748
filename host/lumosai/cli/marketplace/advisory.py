"""``lumos marketplace advisory``: what is known to be wrong with versions of plugins."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.marketplace.operating import checked, need, operate
from lumosai.cli.output import say, say_json, table
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.service.operating import Operator
    from lumosai_marketplace.service.osv import AdvisoryBody

_MAX_FILE = 1_000_000
_COLUMNS = ["id", "plugin", "severity", "affects", "summary"]


def run(arguments: argparse.Namespace) -> int:
    """List advisories, publish one, or withdraw one. Raises LumosError."""
    return {"list": _list, "add": _add, "withdraw": _withdraw}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.names import Name

    name = Name.parse(arguments.name) if arguments.name else None
    found = operate(arguments, lambda operator: operator.advisories(name, max(1, arguments.limit)))
    if arguments.json:
        say_json(found)
    else:
        table([_row(a) for a in found], _COLUMNS, empty="no advisories", whole=("id",))
    return 0


def _add(arguments: argparse.Namespace) -> int:
    document = _read(Path(arguments.file)) if arguments.file else _document(arguments)

    async def work(operator: Operator) -> dict[str, Any]:
        return await operator.add_advisory(_body(document))

    made = operate(arguments, work)
    if arguments.json:
        say_json(made)
    else:
        row = _row(made)
        say(f"{row['id']} is published: {row['plugin']} {row['affects']}; lumos plugin audit tells who has that")
    return 0


def _withdraw(arguments: argparse.Namespace) -> int:
    which = need(arguments)
    withdrawn = operate(arguments, lambda operator: operator.withdraw_advisory(which))
    if arguments.json:
        say_json(withdrawn)
    else:
        say(f"{withdrawn['id']} is withdrawn")
    return 0


def _body(document: object) -> AdvisoryBody:
    from lumosai_marketplace.service.osv import AdvisoryBody

    return checked(lambda: AdvisoryBody.model_validate(document))


def _read(path: Path) -> object:
    """Return what a file in the OSV format says. Raises InputError."""
    try:
        with path.open("rb") as opened:
            data = opened.read(_MAX_FILE + 1)
        if len(data) > _MAX_FILE:
            raise InputError(f"{path} has more than {_MAX_FILE} bytes")
        return json.loads(data)
    except OSError as e:
        raise InputError(f"{path}: {e.strerror}") from None
    except (ValueError, RecursionError) as e:
        raise InputError(f"{path} is not JSON: {e}"[:300]) from None


def _document(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the advisory that the flags describe. Raises InputError where they leave out what it needs."""
    from lumosai_marketplace.names import Name

    name = Name.parse(need(arguments))
    if not arguments.summary:
        raise InputError("an advisory needs a summary", hint="--summary 'it sends the city to anybody who asks'")
    affected: dict[str, Any] = {"package": {"ecosystem": "LumosAI", "name": name.screen}, **_versions(arguments)}
    severity = {"severity": arguments.severity.upper()} if arguments.severity else {}
    return {
        "summary": arguments.summary,
        "details": arguments.details,
        "aliases": arguments.alias,
        "affected": [affected],
        "references": [{"type": "WEB", "url": url} for url in arguments.link],
        "database_specific": severity,
    }


def _versions(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.version and not (arguments.fixed or arguments.introduced):
        return {"versions": arguments.version}
    if arguments.version or not (arguments.fixed or arguments.introduced):
        raise InputError(
            "which versions are affected?", hint="--fixed 1.2.1 (all before it), --introduced 1.2.0, or --version 1.2.0"
        )
    events = [{"introduced": arguments.introduced or "0"}, *([{"fixed": arguments.fixed}] if arguments.fixed else [])]
    return {"ranges": [{"type": "ECOSYSTEM", "events": events}]}


def _row(advisory: Mapping[str, Any]) -> dict[str, Any]:
    affected = advisory["affected"]
    severity = "withdrawn" if advisory.get("withdrawn") else advisory.get("database_specific", {}).get("severity", "")
    return {
        "id": advisory["id"],
        "plugin": affected[0]["package"]["name"],
        "severity": severity.lower(),
        "affects": ", ".join(t for a in affected for t in (*a.get("versions", ()), *_ranges(a))),
        "summary": advisory["summary"],
    }


def _ranges(affected: Mapping[str, Any]) -> list[str]:
    """Return ranges as people write them: ``>=1.2.0,<1.2.1``."""
    signs = {"introduced": ">=", "fixed": "<", "last_affected": "<="}
    out = []
    for each in affected.get("ranges", ()):
        told = [(kind, version) for event in each["events"] for kind, version in event.items()]
        parts = [f"{signs[kind]}{version}" for kind, version in told if (kind, version) != ("introduced", "0")]
        out.append(",".join(parts) or "all versions")
    return out
