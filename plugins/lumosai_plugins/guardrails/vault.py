"""Placeholders for personal data. Those of one run mean nothing in another, and nobody can guess them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lumosai_sdk.errors import StorageError

PLACEHOLDER: Final = re.compile(r"<([A-Z]{2,8})_(\d{1,6})_([0-9a-f]{8})>")
_RUNS: Final = 4096


class Vault:
    """What the placeholders of one run stand for."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._by_value: dict[tuple[str, str], str] = {}
        self._values: dict[str, str] = {}

    def put(self, kind: str, value: str) -> str:
        """Return the placeholder of a value, the same each time."""
        known = self._by_value.get((kind, value))
        if known is None:
            known = f"<{kind.upper()}_{len(self._values) + 1}_{self._mark}>"
            self._by_value[kind, value] = known
            self._values[known] = value
        return known

    @property
    def values(self) -> Mapping[str, str]:
        """Placeholders and what they stand for."""
        return self._values


class Vaults:
    """The vaults of the runs at work. After a restart a run's is filled anew from what its model is about to read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key: bytes | None = None
        self._kept: OrderedDict[str, Vault] = OrderedDict()

    def of(self, run_id: str) -> Vault:
        """Return the vault of a run. Raises StorageError when its key cannot be kept."""
        vault = self._kept.get(run_id)
        if vault is None:
            mark = hmac.new(self._secret(), run_id.encode(), hashlib.sha256).hexdigest()[:8]
            vault = self._kept[run_id] = Vault(mark)
        self._kept.move_to_end(run_id)
        if len(self._kept) > _RUNS:
            self._kept.popitem(last=False)
        return vault

    def _secret(self) -> bytes:
        if self._key is None:
            path = self._folder / "placeholders.key"
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                if not path.exists():
                    made = path.with_name(f".{secrets.token_hex(8)}")
                    made.touch(0o600)
                    made.write_bytes(secrets.token_bytes(32))
                    try:
                        path.hardlink_to(made)  # of two processes that begin, both go by the first one's
                    except FileExistsError:
                        pass
                    finally:
                        made.unlink()
                self._key = path.read_bytes()
            except OSError as e:
                raise StorageError(f"the key of placeholders cannot be kept in {path}: {e.strerror}") from e
        return self._key
