"""``lumos marketplace expires``: when clients would stop believing the index, and the root signed anew before that."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import me, with_service
from lumosai.cli.marketplace.rotate_keys import offline
from lumosai.cli.output import say_json, table

if TYPE_CHECKING:
    from lumosai_marketplace.service.state import Service

_BY = {"root": "lumos marketplace expires --renew", "targets": "serve", "snapshot": "serve", "timestamp": "serve"}


def run(arguments: argparse.Namespace) -> int:
    """Tell it; with ``--renew`` sign the root anew before. Raises LumosError."""

    async def work(service: Service) -> dict[str, datetime]:
        from lumosai_marketplace.service import tufkeys

        if arguments.renew:
            await tufkeys.renew(service, f"operator:{me()}", offline(arguments))
        return tufkeys.expires(service)

    found = with_service(arguments, work)
    if arguments.json:
        say_json({role: at.isoformat() for role, at in found.items()})
        return 0
    now = datetime.now(UTC)
    rows = [
        {"role": role, "expires": f"{at:%Y-%m-%d %H:%M} UTC", "in": _span(at, now), "renewed by": _BY[role]}
        for role, at in found.items()
    ]
    table(rows, ["role", "expires", "in", "renewed by"], empty="nothing")
    return 0


def _span(at: datetime, now: datetime) -> str:
    hours = int((at - now).total_seconds() // 3600)
    return "expired" if at <= now else f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004
