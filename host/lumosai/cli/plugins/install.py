"""``lumos plugin install``: verified, or not at all."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.market import with_session
from lumosai_sdk import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumosai_marketplace.client.install import Installed
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Install what is named, or all that lumos.lock names. Raises LumosError."""
    return with_session(arguments, _install)


async def _install(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client.resolve import Wanted

    if not arguments.names:
        done = await session.restore()
    else:
        wanted = [Wanted.parse(n, pre=arguments.pre) for n in arguments.names]
        done = [await session.install(w, arguments.index) for w in wanted]
    show(done, arguments, nothing="lumos.lock names no plugin")
    return 0


def show(done: Sequence[Installed], arguments: argparse.Namespace, *, nothing: str) -> None:
    """Tell what became of each."""
    if arguments.json:
        say_json({"ok": True, "plugins": [to_json(d) for d in done]})
        return
    for each in done:
        say(safe.line(_told(each)))
    if not done:
        tell(nothing)


def to_json(done: Installed) -> dict[str, Any]:
    """Return what became of a plugin."""
    plugin = done.plugin
    return {
        "plugin": plugin.name.screen,
        "version": plugin.version,
        "before": done.before or None,
        "changed": done.changed,
        "sha256": plugin.sha256,
        "index": plugin.index,
        "signer": plugin.signer.to_json(),
        "permissions": plugin.permissions.to_json(),
        "rule": plugin.rule,
    }


def _told(done: Installed) -> str:
    plugin = done.plugin
    if not done.changed:
        return f"{plugin.name} {plugin.version} is installed, as lumos.lock says"
    if not done.before:
        return f"installed {plugin.name} {plugin.version}"
    if done.before == plugin.version:
        return f"{plugin.name} {plugin.version} is back as lumos.lock says"
    return f"{plugin.name}: {done.before} -> {plugin.version}"
