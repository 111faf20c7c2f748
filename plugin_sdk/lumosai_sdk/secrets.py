"""References to secrets. Configuration holds ``env:NAME`` or ``file:path``, never the secret itself."""

from __future__ import annotations

import os
from pathlib import Path

from lumosai_sdk.errors import ConfigError

_MAX_BYTES = 64 * 1024


class Secret:
    """A secret by reference: read when needed, shown by no repr, log or JSON."""

    __slots__ = ("_base", "reference")

    def __init__(self, reference: str, base: Path | None = None) -> None:
        if not is_reference(reference):
            raise ConfigError(
                "a secret is written as a reference, not as itself", hint='use "env:NAME" or "file:path/to/secret"'
            )
        self.reference = reference
        self._base = base or Path()

    def reveal(self) -> str:
        """Return the secret. Raises ConfigError naming the variable or file that does not hold one."""
        scheme, _, name = self.reference.partition(":")
        if scheme == "env":
            if value := os.environ.get(name):
                return value
            raise ConfigError(f"the environment variable {name} is not set", hint=f"export {name}=…")
        return self._read(self._base / name)

    def _read(self, path: Path) -> str:
        try:
            with path.open("rb") as f:
                value = f.read(_MAX_BYTES + 1)
        except OSError as e:
            raise ConfigError(f"cannot read the secret in {path}: {e.strerror}") from None
        if not value.strip() or len(value) > _MAX_BYTES:
            raise ConfigError(f"{path} holds no usable secret (empty, or over {_MAX_BYTES} bytes)")
        try:
            return value.decode().strip()
        except UnicodeDecodeError:
            raise ConfigError(f"{path} holds no usable secret (not UTF-8)") from None

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"


def is_reference(text: object) -> bool:
    """Tell whether *text* is ``env:NAME`` or ``file:path``."""
    return isinstance(text, str) and text.startswith(("env:", "file:")) and len(text.partition(":")[2]) > 0
