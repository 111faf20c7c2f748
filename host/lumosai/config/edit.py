"""Change ``lumos.toml`` without disturbing what people wrote in it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from lumosai_sdk.errors import ConfigError


def set_value(path: Path, keys: tuple[str, ...], value: Any) -> None:
    """Set a dotted key, making file and tables as needed; comments and order stay. Raises ConfigError."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        path = path.resolve()  # a link stays a link
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        table: Any = document
        for key in keys[:-1]:
            table = table.setdefault(key, tomlkit.table(is_super_table=key == keys[0] and len(keys) > 2))  # noqa: PLR2004
        table[keys[-1]] = value
        _replace(path, tomlkit.dumps(document))
    # AttributeError: a key on the way holds a plain value, and no table.
    except (OSError, TOMLKitError, TypeError, ValueError, AttributeError) as e:
        raise ConfigError(f"{path}: cannot be changed: {e}") from None


def _replace(path: Path, text: str) -> None:
    """Write by rename, so that neither a crash nor a reader ever sees half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            os.fsync(f.fileno())
        mode = path.stat().st_mode & 0o777 if path.exists() else 0o644
        Path(temporary).chmod(mode)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
