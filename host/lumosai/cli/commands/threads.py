"""``lumos threads``: conversations."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from lumosai.cli.commands.runs import count
from lumosai.cli.output import say, say_ids, say_json, table, tell
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode
from lumosai.cli.style import BOLD, paint
from lumosai.cli.words import ago
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai.host import Host


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos threads", "lumos threads thread_01a2", "lumos threads delete thread_01a2"])
    group = parser.subcommands(default="list", word="show")
    listing = parser.add(
        group, "list", "list conversations, the last used first", ["lumos threads", "lumos threads --json"]
    )
    listing.add_argument("-n", "--limit", type=count, default=20, help="at most so many (default: 20)")
    add_ids(listing)
    show = parser.add(group, "show", "show what was said", ["lumos threads thread_01a2"])
    show.add_argument("id", metavar="THREAD", help="the conversation")
    show.add_argument("-n", "--limit", type=count, default=100, help="the last messages only (default: 100)")
    delete = parser.add(
        group, "delete", "delete a conversation with its messages and runs", ["lumos threads delete thread_01a2"]
    )
    delete.add_argument("id", metavar="THREAD", help="the conversation")
    for made in (listing, show, delete):
        add_config(made)
        add_json(made)
        add_safe_mode(made)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    return with_host(arguments, {"list": _list, "show": _show, "delete": _delete}[arguments.subcommand])


async def _list(host: Host, arguments: argparse.Namespace) -> int:
    threads = await host.storage.list_threads(limit=arguments.limit)
    if arguments.json:
        say_json([t.to_json() for t in threads])
    elif arguments.quiet:
        say_ids(thread.id for thread in threads)
    else:
        now = time.time()
        rows = [{**t.to_json(), "used": f"{ago(now - t.updated_at)} ago"} for t in threads]
        table(rows, ["id", "used", "owner", "title"], empty="no conversations yet", whole=("id",))
    return 0


async def _show(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai_sdk.errors import NotFoundError

    thread = await host.storage.get_thread(arguments.id)
    if thread is None:
        raise NotFoundError("thread", arguments.id, hint="lumos threads")
    messages = await host.storage.messages(arguments.id, arguments.limit)
    if arguments.json:
        say_json({**thread.to_json(), "messages": [m.to_json() for m in messages]})
        return 0
    for message in messages:
        calls = "".join(f"\n→ {c.name} {c.arguments}" for c in message.tool_calls)
        say(f"{paint(message.role, BOLD)}\n{safe.lines((message.text + calls).strip())}\n")
    return 0


async def _delete(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai_sdk.errors import NotFoundError

    if not await host.storage.delete_thread(arguments.id):
        raise NotFoundError("thread", arguments.id, hint="lumos threads")
    await host.storage.flush()
    if arguments.json:
        say_json({"id": arguments.id, "deleted": True})
    else:
        tell(f"conversation {safe.line(arguments.id)} is deleted")
    return 0
