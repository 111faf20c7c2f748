"""``mcp.lock.json``: what the owner accepted of each server. What a server says later is held against it.

It stands beside ``lumos.toml``, to be read in a review and kept in version control as other lock files are. It holds
the words themselves and not their hashes alone: agents are shown what was accepted, whatever the server says meanwhile,
and a difference can be shown.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any, Literal

from lumosai_plugins.mcp.offers import Offer, Offered
from lumosai_sdk.errors import ConfigError

SCHEMA = 1
MAX_BYTES = 64 * 1024 * 1024
State = Literal["accepted", "changed", "new", "gone"]


class Pins:
    """The file. It is read anew when it has changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mark: tuple[int, int] | None = None
        self._servers: dict[str, Offered] = {}

    def has_changed(self) -> bool:
        """Tell whether the file is another than the one that was read."""
        return self._look() != self._mark

    def get(self, server: str) -> Offered | None:
        """Return what was accepted of a server, None where nothing was. Raises ConfigError for a file that is wrong."""
        if (mark := self._look()) != self._mark:
            self._servers = self._read() if mark else {}
            self._mark = mark
        return self._servers.get(server)

    def accept(self, server: str, offered: Offered | None) -> None:
        """Write down what is accepted of a server from now on, or nothing (None). Raises ConfigError."""
        self.get(server)
        kept = {**self._servers, server: offered}
        known = {n: o for n, o in sorted(kept.items()) if o is not None}
        self._write({"schema": SCHEMA, "servers": {n: o.to_json() for n, o in known.items()}})
        self._servers, self._mark = known, self._look()

    def _look(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as e:
            raise ConfigError(f"{self.path}: {e.strerror}") from None
        return found.st_mtime_ns, found.st_ino

    def _read(self) -> dict[str, Offered]:
        try:
            with self.path.open("rb") as f:
                data = json.loads(f.read(MAX_BYTES))
            if data["schema"] != SCHEMA:
                raise ValueError(f"schema {data['schema']!r} is not {SCHEMA}")
            return {n: Offered.from_json(s) for n, s in data["servers"].items()}
        except OSError as e:
            raise ConfigError(f"{self.path}: {e.strerror}") from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as e:
            raise ConfigError(
                f"{self.path} is not what lumos mcp accept wrote ({type(e).__name__}: {e})",
                hint="restore it, or remove it and accept each server anew",
            ) from None

    def _write(self, data: Mapping[str, Any]) -> None:
        text = json.dumps(data, indent=2, ensure_ascii=True) + "\n"
        try:
            fd, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=".mcp-lock-")
            with os.fdopen(fd, "w", encoding="utf-8") as f:
                f.write(text)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(self.path)
        except OSError as e:
            raise ConfigError(f"{self.path} cannot be written: {e.strerror}") from None


@dataclass(frozen=True, slots=True)
class Difference:
    """A tool of a server, as it was accepted and as it is now."""

    name: str
    state: State
    before: Offer | None
    now: Offer | None


def compare(accepted: Offered | None, now: Offered) -> Iterator[Difference]:
    """Yield how each tool stands, by name."""
    before = {t.name: t for t in accepted.tools} if accepted else {}
    after = {t.name: t for t in now.tools}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        yield Difference(name, _state(old, new), old, new)


def _state(old: Offer | None, new: Offer | None) -> State:
    if new is None:
        return "gone"
    if old is None:
        return "new"
    return "accepted" if old.sha256 == new.sha256 else "changed"


def shown(difference: Difference) -> Iterator[str]:
    """Yield the lines of a difference, as diff(1) writes them."""
    old, new = _lines(difference.before), _lines(difference.now)
    lines = list(unified_diff(old, new, f"accepted {difference.name}", f"offered {difference.name}", lineterm=""))
    if not lines and difference.state == "changed":
        lines = [f"  {difference.name}: the difference is in characters that are not seen, in its title or annotations"]
    yield from lines


def _lines(offer: Offer | None) -> list[str]:
    if offer is None:
        return []
    said = {k: v for k, v in offer.to_json().items() if k not in {"sha256", "description"}}
    return [*offer.description.splitlines(), *json.dumps(said, indent=2, sort_keys=True).splitlines()]
