"""What a plugin's factories are handed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lumosai_sdk.permissions import NOTHING, Permissions
from lumosai_sdk.types.events import Event


def _nowhere(event: Event) -> None: ...


@dataclass(frozen=True, slots=True)
class PluginContext:
    """A plugin's own view of the host.

    ``settings`` are its ``[plugins.<name>.settings]``, checked against the manifest's schema, secrets wrapped in
    ``Secret``; ``permissions`` what it asked for and was granted; ``data_dir`` a folder of its own, made on first use
    by whoever writes there; ``root`` the folder of its package; ``base`` the folder of ``lumos.toml``, where
    relative paths in settings start; ``config`` that file, whatever it is called, if there is one; ``emit`` puts an
    event on the bus.
    """

    name: str
    version: str = "0"
    settings: Mapping[str, Any] = field(default_factory=dict)
    permissions: Permissions = NOTHING
    data_dir: Path = Path(".lumos")
    root: Path = Path()
    base: Path = Path()
    config: Path | None = None
    emit: Callable[[Event], None] = _nowhere

    @property
    def log(self) -> logging.Logger:
        """The plugin's logger, ``lumosai.plugin.<name>``."""
        return logging.getLogger(f"lumosai.plugin.{self.name}")
