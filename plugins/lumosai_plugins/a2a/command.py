"""``lumos a2a``: which remote agents there are, what their cards say, and which card is accepted."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from lumosai_plugins.a2a.settings import Settings
from lumosai_sdk.decorators import command
from lumosai_sdk.errors import LumosError, NotFoundError
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_plugins.a2a.settings import RemoteSettings
    from lumosai_sdk.kinds.storage import KeyValueStore
    from lumosai_sdk.types.plugins import PluginContext


@command("a2a.a2a")
class A2aCommand:
    """Looks at remote agents."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(dest="subcommand", required=True, metavar="list|card|accept", help="what to do")
        listed = group.add_parser("list", help="show the remote agents, and whether their cards are the accepted ones")
        listed.add_argument("--json", action="store_true", help="print JSON")
        for name, what in (("card", "print a remote agent's card"), ("accept", "accept its card as it is now")):
            group.add_parser(name, help=what).add_argument("remote", metavar="AGENT", help="its name in lumos.toml")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        does: Mapping[str, Callable[[Namespace, PluginContext], Awaitable[int]]] = {
            "list": _list,
            "card": _card,
            "accept": _accept,
        }
        return await does[arguments.subcommand](arguments, context)


async def _list(arguments: Namespace, context: PluginContext) -> int:
    rows = [await _row(r, context.host.kv()) for r in Settings.of(context.settings).remotes.values()]
    if arguments.json:
        say_json(rows)
    elif not rows:
        say("no remote agents: [plugins.a2a.settings.remotes.<name>] in lumos.toml names one")
    else:
        for row in rows:
            say(f"{row['agent']:20} {row['card']:10} {row['url']}" + (f"  {row['why']}" if row["why"] else ""))
    return 0


async def _row(remote: RemoteSettings, store: KeyValueStore) -> dict[str, str]:
    from lumosai_plugins.a2a import pins
    from lumosai_plugins.a2a.remote import Remote

    row = {"agent": remote.name, "url": remote.url, "card": "new", "why": ""}
    try:
        now = pins.digest(await Remote(remote).card())
    except LumosError as e:
        return {**row, "card": "unreachable", "why": e.message}
    kept = await pins.accepted(store, remote)
    return {**row, "card": "new" if kept is None else "accepted" if kept == now else "changed"}


async def _card(arguments: Namespace, context: PluginContext) -> int:
    from lumosai_plugins.a2a.remote import Remote

    card = await Remote(_found(arguments, context)).card()  # says what is missing where the extra is not installed
    from google.protobuf.json_format import MessageToDict

    say_json(MessageToDict(card))
    return 0


async def _accept(arguments: Namespace, context: PluginContext) -> int:
    from lumosai_plugins.a2a import pins
    from lumosai_plugins.a2a.remote import Remote, usable

    remote = _found(arguments, context)
    card = await Remote(remote).card()
    usable(card, remote)
    await pins.accept(context.host.kv(), remote, pins.digest(card))
    say(f"{remote.name}: accepted ({pins.digest(card)[:12]})")
    return 0


def _found(arguments: Namespace, context: PluginContext) -> RemoteSettings:
    remotes = Settings.of(context.settings).remotes
    if arguments.remote not in remotes:
        raise NotFoundError("remote agent", arguments.remote, remotes, hint="[plugins.a2a.settings.remotes] names them")
    return remotes[arguments.remote]
