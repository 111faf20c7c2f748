"""``lumos.lock``: which plugins are installed, what exactly, signed by whom and allowed what.

It is to be committed: whoever has it installs the same bytes, or none. The text is the same whoever writes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from lumosai_marketplace import durable
from lumosai_marketplace.client import toml
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import ConfigError, LumosError, StorageError
from lumosai_sdk.permissions import Permissions

FILE_NAME = "lumos.lock"
VERSION = 1
MAX_BYTES = 4 * 1024 * 1024
HEADER = "# Written by lumos; commit it. Not for editing: `lumos plugin install`, `update` and `remove` do that.\n"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Locked:
    """An installed plugin.

    ``bundle`` is the hash of its signatures, ``receipt`` that of the store's receipt, ``wasm`` that of the component;
    ``log_id``, ``log_index`` and ``log_root`` say where the signature is in which log, and ``rule`` which rule of
    lumos-trust.toml let it in. ``permissions`` and ``kinds`` (of contributions) are what its owner has agreed to.
    """

    name: Name
    version: str
    runtime: str
    index: str
    file: str
    sha256: str
    bundle: str
    receipt: str
    signer: Signer
    signed: float
    log_id: str
    log_index: int
    log_root: str
    wasm: str
    rule: str
    permissions: Permissions
    kinds: tuple[str, ...] = ()

    def to_toml(self) -> dict[str, Any]:
        """Return the table of the lock."""
        plain = {k: getattr(self, k) for k in _TEXTS}
        log = {"log_id": self.log_id, "log_index": self.log_index, "log_root": self.log_root}
        return {
            "name": self.name.screen,
            **plain,
            "signed": datetime.fromtimestamp(int(self.signed), UTC),
            **log,
            "kinds": list(self.kinds),
            "signer": self.signer.to_json(),
            "permissions": self.permissions.to_json(),
        }

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """Read a table of the lock. Raises ValueError, KeyError, TypeError and LumosError for what is none."""
        texts = {k: _text(data, k) for k in (*_TEXTS, "log_id", "log_root")}
        for key in ("sha256", "bundle", "receipt"):
            if not _SHA256.fullmatch(texts[key]):
                raise ValueError(f"{key} is no sha256 in hexadecimal")
        if texts["wasm"] and not _SHA256.fullmatch(texts["wasm"]):
            raise ValueError("wasm is no sha256 in hexadecimal")
        if not isinstance(data["signed"], datetime) or not isinstance(data["log_index"], int):
            raise TypeError("signed is a time, and log_index a number")
        return cls(
            name=Name.parse(_text(data, "name")),
            signer=Signer.from_json(data["signer"]),
            signed=data["signed"].timestamp(),
            log_index=data["log_index"],
            permissions=Permissions.from_json(data["permissions"]),
            kinds=_kinds(data.get("kinds", [])),
            **texts,
        )


_TEXTS = ("version", "runtime", "index", "file", "sha256", "bundle", "receipt", "wasm", "rule")


@dataclass(frozen=True, slots=True)
class Seen:
    """What an index has shown: the versions of its TUF metadata, and the last checkpoint of its log."""

    url: str
    tuf: Mapping[str, int] = field(default_factory=dict)
    checkpoint: str = ""

    def to_toml(self) -> dict[str, Any]:
        """Return the table of the lock."""
        return {"url": self.url, "checkpoint": self.checkpoint, "tuf": dict(sorted(self.tuf.items()))}

    @classmethod
    def from_toml(cls, data: Mapping[str, Any]) -> Self:
        """Read a table of the lock. Raises ValueError, KeyError and TypeError for what is none."""
        tuf = data["tuf"]
        if not all(isinstance(v, int) for v in tuf.values()):
            raise TypeError("versions are numbers")
        return cls(_text(data, "url"), dict(tuf), _text(data, "checkpoint"))


@dataclass(frozen=True, slots=True)
class Lock:
    """A whole lock."""

    plugins: Mapping[Name, Locked] = field(default_factory=dict)
    indexes: Mapping[str, Seen] = field(default_factory=dict)

    def having(self, plugin: Locked) -> Lock:
        """Return the lock with *plugin*, in place of another version of it."""
        return replace(self, plugins={**self.plugins, plugin.name: plugin})

    def without(self, name: Name) -> Lock:
        """Return the lock without a plugin, and without what was seen of an index that no other plugin is from."""
        plugins = {n: p for n, p in self.plugins.items() if n != name}
        used = {p.index for p in plugins.values()}
        return Lock(plugins, {u: s for u, s in self.indexes.items() if u in used})

    def seeing(self, seen: Seen) -> Lock:
        """Return the lock with what an index has shown now."""
        return replace(self, indexes={**self.indexes, seen.url: seen})

    def encode(self) -> bytes:
        """Return the text of the file."""
        data = {
            "version": VERSION,
            "index": [s.to_toml() for _, s in sorted(self.indexes.items())],
            "plugin": [p.to_toml() for _, p in sorted(self.plugins.items())],
        }
        return (HEADER + toml.dumps({k: v for k, v in data.items() if v})).encode()


def read(path: Path) -> Lock:
    """Return the lock in a file, an empty one where there is none. Raises ConfigError naming the file."""
    try:
        with path.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return Lock()
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES} bytes")
    return decode(raw, str(path))


def decode(raw: bytes, source: str) -> Lock:
    """Return the lock in a text. Raises ConfigError naming *source*."""
    try:
        data = toml.loads(raw.decode())
        if data.get("version") != VERSION:
            raise ValueError(f"version: this host reads locks of version {VERSION}")
        plugins = [Locked.from_toml(p) for p in data.get("plugin", ())]
        indexes = [Seen.from_toml(i) for i in data.get("index", ())]
    except LumosError as e:
        raise _unreadable(source, e.message) from None
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as e:
        raise _unreadable(source, f"{type(e).__name__}: {e}" if isinstance(e, KeyError) else str(e)) from None
    lock = Lock({p.name: p for p in plugins}, {i.url: i for i in indexes})
    if len(lock.plugins) != len(plugins):
        raise _unreadable(source, "a plugin stands in it twice")
    return lock


def _unreadable(source: str, why: str) -> ConfigError:
    return ConfigError(f"{source}: {why}", hint="take it from version control again, or delete it and install anew")


def write(path: Path, lock: Lock) -> None:
    """Put a lock in a file's place, in one step. To be called under the store's guard. Raises StorageError."""
    text = lock.encode()
    try:
        if path.is_file() and path.read_bytes() == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        durable.replace(path.resolve(), text, 0o644)
    except OSError as e:
        raise StorageError(f"{path}: cannot be written: {e.strerror or e}") from None


def check_same(before: Lock, now: Lock, name: Name) -> None:
    """Refuse to go on where somebody else has changed a plugin meanwhile: ``lock.raced``."""
    if before.plugins.get(name) != now.plugins.get(name):
        raise RefusedError("lock.raced", f"{name} was changed by another command meanwhile", hint="try again")


def _kinds(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise TypeError("kinds is a list of texts")
    return tuple(sorted(set(value)))


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data[key]
    if not isinstance(value, str):
        raise TypeError(f"{key} is a text")
    return value
