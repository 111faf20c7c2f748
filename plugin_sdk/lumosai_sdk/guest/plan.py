"""What a guest was built to be: its manifest, as far as the code inside needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Plan:
    """``contributes`` is kind → id → target (``module:attribute``); ``secrets`` are the settings the host keeps.

    ``imports`` are the interfaces of the host that were linked, ``preload`` the modules to import while there is a file
    system: a guest has none when it runs.
    """

    name: str
    version: str = "0"
    contributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
