"""What a TUF repository remembers besides its metadata: where its keys are, and how long metadata live."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from lumosai_marketplace import durable
from lumosai_marketplace.authority import files
from lumosai_marketplace.authority.tufmeta import Lifetimes
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.jsontext import strict_json

_FILE = "tuf.json"
_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TufSettings:
    """``keys`` is the reference of the key store."""

    keys: str
    lifetimes: Lifetimes

    def save(self, folder: Path) -> None:
        """Write it into *folder*. Raises OSError."""
        seconds = {role: life.total_seconds() for role, life in asdict(self.lifetimes).items()}
        body = {"schema": 1, "keys": self.keys, "seconds": seconds}
        durable.replace(folder / _FILE, json.dumps(body, indent=1).encode())

    @classmethod
    def load(cls, folder: Path) -> TufSettings:
        """Read *folder*'s. Raises ConfigError."""
        path = folder / _FILE
        if not path.exists():
            raise ConfigError(f"there is no TUF repository in {folder}", hint="lumos marketplace init")
        files.check_private(path)
        try:
            data = strict_json(files.read(path, _MAX_BYTES).decode())
            lives = Lifetimes(**{role: timedelta(seconds=float(s)) for role, s in data["seconds"].items()})
            return cls(str(data["keys"]), lives)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, AttributeError) as e:
            raise ConfigError(f"{path} is damaged: {type(e).__name__} {e}") from None
