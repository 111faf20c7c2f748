"""``lumos knowledge``: add documents, search in them, list and remove them."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_sdk.decorators import command

if TYPE_CHECKING:
    from lumosai_plugins.knowledge.collection import Collection
    from lumosai_sdk.types.plugins import PluginContext

_MOST = 100
_MODES = ("hybrid", "vector", "words", "graph")


@command("knowledge.knowledge")
class KnowledgeCommand:
    """Adds, searches, lists and removes."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="add|search|list|remove", help="what to do"
        )
        add = group.add_parser("add", help="put files, or all that can be read of folders, into a collection")
        add.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
        add.add_argument("--prune", action="store_true", help="take out documents that were not named this time")
        add.add_argument(
            "--meta", action="append", default=[], type=_pair, metavar="KEY=VALUE", help="metadata of all of them"
        )
        search = group.add_parser("search", help="show what answers a question")
        search.add_argument("question", help="what is to be known")
        search.add_argument("--limit", type=_limit, default=5, metavar="N", help="how many passages")
        search.add_argument("--mode", choices=_MODES, help="how to find them; default: as the collection says")
        search.add_argument("--where", type=_where, metavar="JSON", help='a condition on metadata: {"year": 2026}')
        group.add_parser("list", help="show the documents of a collection")
        remove = group.add_parser("remove", help="take documents out")
        remove.add_argument("sources", nargs="*", metavar="SOURCE", help="as lumos knowledge list names them")
        remove.add_argument("--all", action="store_true", help="take all of them out")
        for made in group.choices.values():
            made.add_argument("--collection", metavar="NAME", help="default: the only one, or default")
            made.add_argument("--tenant", default="default", help="whose, where tenants have documents of their own")
            made.add_argument("--json", action="store_true", help="print JSON")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        from lumosai_plugins.knowledge import doing

        does: Mapping[str, Callable[[Namespace, Collection], Awaitable[int]]] = {
            "add": doing.add_all,
            "search": doing.show_found,
            "list": doing.show_documents,
            "remove": doing.remove,
        }
        return await does[arguments.subcommand](arguments, doing.collection_of(arguments, context))


def _pair(text: str) -> tuple[str, Any]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ArgumentTypeError(f"no KEY=VALUE: {text!r}")
    try:
        read = json.loads(value)
    except ValueError:
        return key, value
    return (key, read) if isinstance(read, (str, int, float, bool, list)) else (key, value)


def _where(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text)
    except ValueError as e:
        raise ArgumentTypeError(f"no JSON: {e}") from None
    if not isinstance(read, dict):
        raise ArgumentTypeError("a condition is a JSON object")
    return read


def _limit(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _MOST:
        raise ArgumentTypeError("a number from 1 to 100")
    return int(text)
