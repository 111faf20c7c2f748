"""``lumos plugin import``: plugins from a bundle, verified as from an index."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.plugins.install import show
from lumosai.cli.plugins.market import with_session
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Install from the bundle. Raises LumosError."""
    return with_session(arguments, _import)


async def _import(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client.airgap import unpack
    from lumosai_marketplace.client.install import install
    from lumosai_marketplace.client.keeper import Keeper
    from lumosai_marketplace.client.resolve import Wanted
    from lumosai_marketplace.names import Name

    carried = await asyncio.to_thread(unpack, Path(arguments.file))
    there = {name: source for source in carried for name in source.plugins}
    names = [Name.parse(n) for n in arguments.names] or list(there)
    if missing := [n for n in names if n not in there]:
        raise NotFoundError("plugin in the bundle", str(missing[0]), [str(n) for n in there])
    keeper = Keeper(session.market)
    trusts = {s.url: await asyncio.to_thread(s.trust, keeper) for s in {id(there[n]): there[n] for n in names}.values()}
    done = [
        await install(session.market, there[n], trusts[there[n].url], Wanted(n, pre=True), session.options)
        for n in names
    ]
    show(done, arguments, nothing="the bundle is empty")
    return 0
