"""``lumos plugin install``: verified, or not at all."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.market import with_session
from lumosai_sdk import safe
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumosai_marketplace.client.install import Installed
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Install what is named, or all that lumos.lock names. Raises LumosError."""
    return with_session(arguments, _install)


async def _install(session: Session, arguments: argparse.Namespace) -> int:
    done = [await _one(session, n, arguments) for n in arguments.names] if arguments.names else await session.restore()
    show(done, arguments, nothing="lumos.lock names no plugin")
    return 0


async def _one(session: Session, name: str, arguments: argparse.Namespace) -> Installed:
    from lumosai_marketplace.client.resolve import Wanted

    if is_path(name):
        return await _own(session, Path(name), arguments)
    return await session.install(Wanted.parse(name, pre=arguments.pre), arguments.index)


def is_path(name: str) -> bool:
    """Tell whether a wheel or a folder of one's own is meant, and not a plugin's name, which could be a folder's."""
    return name.endswith(".whl") or name in {".", ".."} or name.startswith(("./", "../", "/", "~/"))


async def _own(session: Session, path: Path, arguments: argparse.Namespace) -> Installed:
    """Install what is the owner's own: signed here, for this machine. A folder is built before."""
    from lumosai.cli.plugins.progress import Steps
    from lumosai.cli.plugins.sign import wheel_of
    from lumosai_marketplace.own.install import install_wheel

    if arguments.index:
        raise InputError(f"{path} is a file of yours, and --index names where plugins of others are from")
    wheel = await asyncio.to_thread(lambda: wheel_of(path.expanduser(), Steps(lines=not arguments.json)))
    return await install_wheel(session.market, wheel, session.options)


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
