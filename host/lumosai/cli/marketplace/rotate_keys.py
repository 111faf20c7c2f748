"""``lumos marketplace rotate-keys``: a new key for a part of the sigstore instance, or of the TUF repository."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.marketplace.operating import me, operate, with_service
from lumosai.cli.output import say, say_json
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.service.state import Service

_TUF = "tuf-"


def run(arguments: argparse.Namespace) -> int:
    """Rotate, and publish the new trust root. Raises LumosError."""
    part, before = arguments.part, "what earlier keys signed stays trusted"
    if part.startswith(_TUF):
        before = _rotate_tuf(arguments)
    elif arguments.offline:
        raise InputError(f"{part} has no offline keys", hint="--offline is for the parts of the TUF repository: tuf-…")
    else:
        operate(arguments, lambda operator: operator.rotate(part, retire=arguments.retire))
        before = "earlier keys are trusted no longer" if arguments.retire else before
    if arguments.json:
        say_json({"part": part, "retired": arguments.retire})
    else:
        say(f"{part} signs with a new key; {before}")
    return 0


def _rotate_tuf(arguments: argparse.Namespace) -> str:
    """Rotate a role of the TUF repository, and return what becomes of its earlier keys."""
    if arguments.retire:
        raise InputError(
            "earlier keys of the TUF repository are trusted no longer in any case", hint="leave out --retire"
        )

    async def work(service: Service) -> None:
        from lumosai_marketplace.service import tufkeys

        await tufkeys.rotate(service, f"operator:{me()}", arguments.part.removeprefix(_TUF), offline(arguments))

    with_service(arguments, work)
    return "clients learn of it by the next root, and trust its earlier keys no longer"


def offline(arguments: argparse.Namespace) -> Path | None:
    """Return where the keys of the TUF root are, if they are not with the others."""
    return Path(arguments.offline).absolute() if arguments.offline else None
