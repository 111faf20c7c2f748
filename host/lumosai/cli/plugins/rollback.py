"""``lumos plugin rollback``: back to an earlier version."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.plugins.install import show
from lumosai.cli.plugins.market import installed_name, with_session

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Go back. Raises LumosError."""
    return with_session(arguments, _rollback)


async def _rollback(session: Session, arguments: argparse.Namespace) -> int:
    name = installed_name(session.market, arguments.name)
    show([await session.rollback(name, arguments.to)], arguments, nothing="")
    return 0
