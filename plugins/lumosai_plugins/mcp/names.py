"""The ids of servers' tools here: in the host's alphabet, and never two alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

OWN = ("get_prompt", "list_prompts", "list_resources", "read_resource")
"""Tools this plugin adds to a server's; its own of these names go by another."""
MODEL_NAME = 64
"""Characters that vendors of models allow in the name of a function."""
_ODD = re.compile(r"[^a-z0-9_-]+")
_DIGITS = 6


def ids(server: str, tools: Iterable[str]) -> dict[str, str]:
    """Return the id of each tool of a server, by the server's name for it.

    A server's name has no ``_`` in it, so that ``mcp_<server>_<tool>``, as models see it, is nobody else's. A name that
    had to be changed, and that another tool has or the plugin itself, ends in some digits of its own hash: which tool
    has which id does not depend on what else the server offers, but for those that claim the same one.
    """
    names = list(dict.fromkeys(tools))
    wanted: dict[str, list[str]] = {}
    for name in names:
        wanted.setdefault(_plain(name), []).append(name)
    room = MODEL_NAME - len(f"mcp_{server}_")
    return {n: f"mcp.{server}.{_unique(n, wanted, room)}" for n in names}


def _plain(name: str) -> str:
    return _ODD.sub("_", name.lower()).strip("_-") or "tool"


def _unique(name: str, wanted: dict[str, list[str]], room: int) -> str:
    plain = _plain(name)
    rivals = wanted[plain]
    if plain not in OWN and len(plain) <= room and (len(rivals) == 1 or name == plain):
        return plain
    digits = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{plain[: room - _DIGITS - 1].rstrip('_-')}-{digits}"
