"""What a worker is told at its beginning, in a file without a name: what it holds may be secret."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from lumosai.config.changes import merged
from lumosai.config.load import Loaded, of_text
from lumosai.gateway.workers.board import Place, unnamed


@dataclass(frozen=True, slots=True)
class Orders:
    """Which of how many processes it is, and what it goes by.

    ``first`` is the text of the configuration with which the service began, ``last`` the latest that was sound. No new
    worker begins with a broken one, nor with one that would open another door than the one that is served.
    """

    process: int
    processes: int
    url: str
    path: str | None
    first: str
    last: str
    quiet: bool = False
    safe_mode: bool = False
    late: bool = False
    """Another tells how the start goes."""

    @property
    def place(self) -> Place:
        """Which of how many processes."""
        return Place(self.process, self.processes)

    def loaded(self) -> Loaded:
        """Return the configuration. Raises ConfigError."""
        path = Path(self.path) if self.path else None
        first = of_text(self.first, path)
        config, _ = merged(first.config, of_text(self.last, path).config)
        return Loaded(config, path)

    def written(self) -> int:
        """Return a file with the orders, to be handed down."""
        fd = unnamed()
        with os.fdopen(os.dup(fd), "wb") as f:
            f.write(json.dumps(asdict(self)).encode())
        return fd

    @classmethod
    def read(cls, fd: int) -> Orders:
        """Return the orders in a file, which is closed."""
        with os.fdopen(fd, "rb") as f:
            f.seek(0)
            return cls(**json.load(f))
