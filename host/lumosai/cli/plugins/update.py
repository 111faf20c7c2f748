"""``lumos plugin update``: to the newest version, verified as any other."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.plugins.install import show
from lumosai.cli.plugins.market import with_session

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Update what is named, or everything. Raises LumosError."""
    return with_session(arguments, _update)


async def _update(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client.resolve import Wanted

    done = await session.update([Wanted.parse(n, pre=arguments.pre) for n in arguments.names])
    show(done, arguments, nothing="nothing is installed from a marketplace")
    return 0
