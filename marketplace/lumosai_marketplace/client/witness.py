"""Whether everybody is shown the same log: what an index shows now begins with what it has shown before."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lumosai_marketplace.client.source import Source, Trust
from lumosai_marketplace.errors import RefusedError

if TYPE_CHECKING:
    from lumosai_marketplace.trust.verify import Verified


async def witness(source: Source, trust: Trust, folder: Path, remembered: str, verified: Verified, now: float) -> str:
    """Return the checkpoint to remember from now on.

    The newest checkpoint is held against the one that the signature came with, against *remembered* (the lock's; may be
    empty), and against what this machine has seen, which is in *folder*. A log that is not the index's own, such as the
    public one, is not asked here: its entry was proven with the signature. Raises RefusedError ``log.*``,
    IndexUnavailableError.
    """
    from lumosai_marketplace.log import note
    from lumosai_marketplace.log.verify import verify_grown
    from lumosai_marketplace.trust.checkpoints import Checkpoints

    if _log_host(trust, verified.log_id) != urlsplit(source.url).hostname:
        return remembered
    seen = Checkpoints(folder, trust.verifier.roots)
    shown = await seen.witness(await source.checkpoint(), source.consistency, now, newest=True)
    await seen.witness(verified.checkpoint, source.consistency, verified.signed)
    if remembered:
        await verify_grown(note.parse(remembered)[0], shown, source.consistency)
    return shown.text


def _log_host(trust: Trust, log_id: str) -> str:
    """Return the host of a log that the trust root names, or nothing. Raises RefusedError ``signature.roots``."""
    try:
        logs = json.loads(trust.verifier.roots.text)["tlogs"]
        found = [t["baseUrl"] for t in logs if b64decode(t["logId"]["keyId"]).hex() == log_id]
        return urlsplit(found[0]).hostname or "" if found else ""
    except (KeyError, TypeError, ValueError, AttributeError):
        raise RefusedError("signature.roots", "the trusted root does not say where its logs are") from None
