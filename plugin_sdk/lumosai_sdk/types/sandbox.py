"""How the owner of a host wants sandboxed plugins to be held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Tier = Literal["jail", "process"]
"""``jail``: in a worker process without rights of its own; ``process``: in the host's process, held by the engine."""


@dataclass(frozen=True, slots=True)
class SandboxPolicy:
    """What the owner decided.

    ``tier`` is where the plugin runs; ``without_jail`` what happens where the system cannot jail a process;
    ``limits`` what the owner set for this plugin, ``ceilings`` what no manifest may exceed by itself, both in the words
    of a manifest's ``[limits]``; ``cache`` is the folder of compiled code, None for the user's own.
    """

    tier: Tier = "jail"
    without_jail: Literal["refuse", "degrade"] = "refuse"
    limits: Mapping[str, Any] = field(default_factory=dict)
    ceilings: Mapping[str, Any] = field(default_factory=dict)
    cache: Path | None = None


DEFAULT = SandboxPolicy()
