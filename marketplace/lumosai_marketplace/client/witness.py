"""Whether everybody is shown the same log: what an index shows now begins with what it has shown before."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Collection
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_marketplace.client.source import Source, Trust
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.publicgood import LOGS
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from lumosai_marketplace.trust.verify import Verified


async def witness(
    source: Source,
    trust: Trust,
    folder: Path,
    remembered: str,
    verified: Verified,
    now: float,
    logs: Collection[str] = (),
) -> str:
    """Return the checkpoint to remember from now on.

    The newest checkpoint is held against the one that the signature came with, against *remembered* (the lock's; may be
    empty), and against what this machine has seen, which is in *folder*. Where the trusted root puts the log
    does not matter: it is the index's. A log that others run is not the index's to show: the public one, or one that
    the owner names in *logs*, by its key's SHA-256. Raises RefusedError ``log.*``, IndexUnavailableError.
    """
    from lumosai_marketplace.log import note
    from lumosai_marketplace.log.verify import verify_grown
    from lumosai_marketplace.trust.checkpoints import Checkpoints

    seen = Checkpoints(folder, trust.verifier.roots, source.url)
    keys = _keys(trust, verified.log_id)
    if keys <= LOGS | frozenset(logs):
        seen.compare(verified.checkpoint, verified.signed)
        return remembered
    newest = await _newest(source, verified, keys)
    shown = await seen.witness(newest, source.consistency, now, newest=True)
    await seen.witness(verified.checkpoint, source.consistency, verified.signed)
    if remembered:
        await verify_grown(note.parse(remembered)[0], shown, source.consistency)
    return shown.text


async def _newest(source: Source, verified: Verified, keys: Collection[str]) -> str:
    """Return the newest checkpoint of the log that a signature is in. Raises RefusedError ``log.external``."""
    from lumosai_marketplace.log import note

    used = note.parse(verified.checkpoint)[0].origin
    try:
        text = await source.checkpoint()
    except (RefusedError, NotFoundError) as e:
        if isinstance(e, RefusedError) and e.rule != "index.not-found":
            raise
        raise _external(source, keys, used, "shows no log") from None
    shown = note.parse(text)[0].origin
    if shown != used:
        raise _external(source, keys, used, f"shows another, {shown[:80]}")
    return text


def _external(source: Source, keys: Collection[str], origin: str, what: str) -> RefusedError:
    named = ", ".join(f'"{key}"' for key in sorted(keys))
    return RefusedError(
        "log.external",
        f"the signature is in the log {origin[:80]}, and {source.url} {what}: nobody could see whether all see one",
        hint=f"if others run that log, and you trust them: logs = [{named}] in the rule of lumos-trust.toml",
    )


def _keys(trust: Trust, log_id: str) -> frozenset[str]:
    """Return the hashes of the keys that the trusted root calls by a log's id. Raises RefusedError ``signature.roots``.

    They are computed: the id is but what the root says.
    """
    try:
        logs = json.loads(trust.verifier.roots.text)["tlogs"]
        named = [t for t in logs if b64decode(t["logId"]["keyId"]).hex() == log_id]
        found = frozenset(sha256(b64decode(t["publicKey"]["rawBytes"])).hexdigest() for t in named)
    except (KeyError, TypeError, ValueError, AttributeError):
        found = frozenset()
    if not found:
        raise RefusedError("signature.roots", "the trusted root does not say whose key its log has")
    return found
