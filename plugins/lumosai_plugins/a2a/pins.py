"""Which card of a remote agent was accepted: the first that was seen, until the owner accepts another.

A card says where calls go and how. One that changes is held back: whoever took over the place it is served from is not
sent what agents have to say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a2a.types import AgentCard

    from lumosai_plugins.a2a.settings import RemoteSettings
    from lumosai_sdk.kinds.storage import KeyValueStore

NAMESPACE = "a2a.cards"


def digest(card: AgentCard) -> str:
    """Return the SHA-256 of what a card says, its signatures aside."""
    from google.protobuf.json_format import MessageToDict

    said = {k: v for k, v in MessageToDict(card).items() if k != "signatures"}
    return sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


async def accepted(store: KeyValueStore, remote: RemoteSettings) -> str | None:
    """Return the digest of the card that was accepted of a remote agent where it is now."""
    kept: Mapping[str, Any] | None = await store.kv_get(NAMESPACE, _key(remote))
    return None if kept is None else str(kept["sha256"])


async def accept(store: KeyValueStore, remote: RemoteSettings, found: str) -> None:
    """Accept a card from now on."""
    await store.kv_set(NAMESPACE, _key(remote), {"sha256": found})


async def matches(store: KeyValueStore, remote: RemoteSettings, found: str) -> bool:
    """Tell whether a card is the accepted one; the first one is."""
    if await store.kv_add(NAMESPACE, _key(remote), {"sha256": found}):
        return True
    return await accepted(store, remote) == found


def _key(remote: RemoteSettings) -> str:
    return f"{remote.name} {remote.url}"
