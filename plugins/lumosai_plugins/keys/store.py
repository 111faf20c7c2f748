"""The keys in their file. Whoever reads sees at once what another process wrote."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lumosai_plugins.keys import files
from lumosai_plugins.keys.key import Key
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.types.plugins import PluginContext

FILE = "keys.json"
USED = "used.json"
VERSION = 1
MOST_KEYS = 10_000
MOST_BYTES = 16 * 1024 * 1024
_OTHERS = 0o077
_Mark = tuple[int, ...]


class KeysUnavailableError(ConfigError):
    """The file of the keys cannot be read: until it can, nobody is let in. Callers are not told where it is."""

    code = "keys_unavailable"
    status = 503


class KeyStore:
    """What is in the file, read again when the file has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.used = path.with_name(USED)
        self._mark: _Mark | None = None
        self._keys: Mapping[str, Key] = {}

    @classmethod
    def of(cls, context: PluginContext) -> KeyStore:
        """Return the store that a plugin's settings name."""
        named = context.settings.get("path")
        return cls(context.base / named if named else context.data_dir / FILE)

    def keys(self) -> Mapping[str, Key]:
        """Return the keys by id, as they are now. Raises KeysUnavailableError."""
        mark = self._look()
        if mark != self._mark:
            # What changes while it is read has another mark next time.
            self._keys = self._read() if mark else {}
            self._mark = mark
        return self._keys

    def _look(self) -> _Mark:
        try:
            found = os.stat(self.path)  # noqa: PTH116 - once a request
        except FileNotFoundError:
            return ()
        except OSError as e:
            raise self._unavailable(e.strerror or str(e)) from None
        return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode, found.st_ctime_ns

    def _read(self) -> dict[str, Key]:
        if os.name == "posix" and self.path.stat().st_mode & _OTHERS:
            raise self._unavailable("others can read or change it", hint=f"chmod 600 {self.path}")
        try:
            data = json.loads(files.read(self.path, MOST_BYTES) or b"null")
            if data["version"] != VERSION:
                raise ValueError(f"it is of version {data['version']}")
            return {k.id: k for k in map(Key.from_json, data["keys"])}
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            raise self._unavailable(f"it is no file of keys ({type(e).__name__})") from None

    def _unavailable(self, why: str, hint: str = "lumos key list tells the same") -> KeysUnavailableError:
        return KeysUnavailableError(f"the keys in {self.path} cannot be used: {why}", hint=hint)

    @contextmanager
    def changing(self) -> Iterator[dict[str, Key]]:
        """Hold the store and yield its keys by id; what they are then is written. Raises ConfigError."""
        try:
            with files.locked(self.path.with_name(f"{self.path.name}.lock")):
                self._mark = None
                kept = dict(self.keys())
                yield kept
                if len(kept) > MOST_KEYS:
                    raise ConfigError(f"there are {MOST_KEYS} keys", hint="lumos key revoke --forget ID")
                data = {"version": VERSION, "keys": [k.to_json() for k in kept.values()]}
                files.replace(self.path, json.dumps(data, indent=1).encode())
        except OSError as e:
            raise ConfigError(f"cannot write {self.path}: {e.strerror}") from None

    def last_used(self) -> dict[str, float]:
        """Return when each key was last used, as far as that was written down."""
        try:
            data = json.loads(files.read(self.used, MOST_BYTES) or b"{}")
            return {str(k): float(v) for k, v in data.items()}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}

    def note_used(self, seen: Mapping[str, float]) -> None:
        """Write down when keys were used, beside what other processes wrote. Raises OSError."""
        with files.locked(self.used.with_name(f"{USED}.lock")):
            before, known = self.last_used(), self.keys()
            merged = {k: max(seen.get(k, 0.0), before.get(k, 0.0)) for k in {*seen, *before} if k in known}
            files.replace(self.used, json.dumps(merged).encode())
