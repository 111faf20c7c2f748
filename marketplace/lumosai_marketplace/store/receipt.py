"""What was put in the store: the hash of every file of a wheel. It says the same wherever the wheel is installed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

from lumosai_marketplace.errors import RefusedError

if TYPE_CHECKING:
    from lumosai_marketplace.wheels import Wheel

FORMAT = 1
MAX_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Receipt:
    """``files`` are paths below the entry's ``files`` folder, with sha256 and size; ``component`` is one of them."""

    plugin: str
    version: str
    filename: str
    sha256: str
    size: int
    package: str
    component: str
    files: Mapping[str, tuple[str, int]]

    @classmethod
    def of(cls, wheel: Wheel) -> Self:
        """Return the receipt of a wheel."""
        files = {m.path: (m.sha256, m.size) for m in wheel.files}
        home = wheel.package.replace(".", "/")
        component = f"{home}/{wheel.manifest.module}" if wheel.component is not None else ""
        return cls(
            wheel.name.screen, wheel.version, wheel.filename, wheel.sha256, wheel.size, wheel.package, component, files
        )

    @property
    def home(self) -> str:
        """The folder of the package, below ``files``."""
        return self.package.replace(".", "/")

    def encode(self) -> bytes:
        """Return canonical JSON: its hash is in the lock."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True, separators=(",", ":")).encode()

    @property
    def digest(self) -> str:
        """The sha256 of ``encode()``."""
        return hashlib.sha256(self.encode()).hexdigest()

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read what ``encode`` made. Raises RefusedError ``lock.changed``."""
        try:
            data: dict[str, Any] = json.loads(raw)
            if data.pop("format") != FORMAT:
                raise ValueError("it is of another format")
            data["files"] = {path: (str(sha), int(size)) for path, (sha, size) in data["files"].items()}
            return cls(**data)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            raise RefusedError("lock.changed", f"the receipt of an installed plugin cannot be read: {e}") from None
