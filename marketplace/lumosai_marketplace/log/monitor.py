"""Following a log: whether it only grows, and what is new in it.

What was read is remembered in a file: the last checkpoint, which the next has to begin with, and the edge of the tree
of all entries that were listed. Entries are listed only once the checkpoint's tree was shown to be made of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint, LogKey
from lumosai_marketplace.log.remote import Shown, Source
from lumosai_marketplace.log.seen import Seen, understand
from lumosai_marketplace.log.tree import HASH, Frontier, leaf_hash
from lumosai_marketplace.log.verify import open_checkpoint, verify_grown, verify_inclusion
from lumosai_sdk.errors import ConfigError

PAGE: Final = 64
MOST: Final = 1024
"""The most entries of one step."""
_MAX_STATE = 64 * 1024
_SCHEMA = 1
_EVIDENCE = frozenset({"log.fork", "log.rollback"})


@dataclass(frozen=True, slots=True)
class State:
    """What a monitor remembers: the log's last checkpoint, and the edge of the tree of the entries it has read."""

    checkpoint: Checkpoint | None = None
    read: Frontier = field(default_factory=Frontier)

    def encode(self) -> bytes:
        """Return the file's text."""
        hashes = [h.hex() for h in self.read.hashes]
        text = None if self.checkpoint is None else self.checkpoint.text
        data = {"schema": _SCHEMA, "checkpoint": text, "read": {"size": self.read.size, "hashes": hashes}}
        return json.dumps(data, indent=1).encode()

    @classmethod
    def decode(cls, raw: bytes, source: str) -> State:
        """Read what ``encode`` wrote. Raises ConfigError that names *source*."""
        try:
            data = json.loads(raw)
            text, size = data["checkpoint"], data["read"]["size"]
            hashes = [bytes.fromhex(h) for h in data["read"]["hashes"]]
            whole = data["schema"] == _SCHEMA and len(hashes) == size.bit_count()
            if not whole or any(len(h) != HASH for h in hashes):
                raise ValueError("it is of another version, or not whole")
            return cls(None if text is None else note.parse(text)[0], Frontier(size, hashes))
        except (ValueError, KeyError, TypeError, AttributeError, RefusedError) as e:
            raise ConfigError(
                f"{source}: not what a monitor of the log remembers: {e}",
                hint="remove the file to begin anew; what the log did before then is not watched",
            ) from None


@dataclass(frozen=True, slots=True)
class Step:
    """What one look at the log brought: new entries, and what is to be remembered once they are dealt with."""

    entries: tuple[Seen, ...]
    state: State
    checkpoint: Checkpoint

    @property
    def left(self) -> int:
        """How many entries there are still to read."""
        return self.checkpoint.size - self.state.read.size


class Monitor:
    """Follows the log at *host*, whose checkpoints are signed with one of *keys*. *file* is what it remembers."""

    def __init__(
        self,
        source: Source,
        keys: Sequence[LogKey],
        host: str,
        file: Path,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._source = source
        self._keys = keys
        self._host = host
        self._file = file
        self._clock = clock
        self._state: State | None = None

    @property
    def state(self) -> State:
        """What is remembered. Raises ConfigError for a file that cannot be read."""
        if self._state is None:
            self._state = self._load()
        return self._state

    async def step(self, *, from_now: bool = False) -> Step:
        """Look at the log once: check that it has only grown, and return the next of its entries.

        With *from_now*, a monitor that remembers nothing begins at the log's end. The same entries come again until
        ``remember`` was told of them. Raises RefusedError ``log.fork`` and ``log.rollback`` (both checkpoints are kept
        beside the file as evidence), ``log.entries`` for entries that are not the tree's, and what ``open_checkpoint``
        refuses.
        """
        state = self.state
        new = open_checkpoint(await self._source.checkpoint(), self._keys, self._host)
        try:
            if state.checkpoint is not None:
                await verify_grown(state.checkpoint, new, self._source.consistency)
        except RefusedError as e:
            raise self._evident(e, state.checkpoint, new) from None
        if state.checkpoint is None and from_now:
            state = State(new, await self._edge(new))
        read, shown = await self._read(state.read, new)
        return Step(tuple(understand(s) for s in shown), State(new, read), new)

    def remember(self, step: Step) -> None:
        """Remember that the entries of *step* were dealt with. Raises ConfigError when the file cannot be written."""
        if step.state != self._state or not self._file.exists():
            self._write(self._file, step.state.encode())
            self._state = step.state

    async def _read(self, before: Frontier, new: Checkpoint) -> tuple[Frontier, list[Shown]]:
        """Return the next entries, once they are shown to be the next of the tree."""
        read, out = before.copy(), list[Shown]()
        end = min(new.size, before.size + MOST)
        while read.size < end:
            page = await self._source.entries(read.size, min(PAGE, end - read.size))
            if not page:
                raise _other(f"entry {read.size} is not shown")
            for shown in page:
                read.append(leaf_hash(shown.body))
            out += page
        await self._check(read, new)
        return read, out

    async def _check(self, read: Frontier, new: Checkpoint) -> None:
        made = Checkpoint(new.origin, read.size, read.root())
        try:
            await verify_grown(made, new, self._source.consistency)
        except RefusedError:
            raise _other(f"the {read.size} entries that it shows are not those of its tree of {new.size}") from None

    async def _edge(self, new: Checkpoint) -> Frontier:
        """Return the edge of the whole tree, of the proof for its last entry."""
        if new.size == 0:
            return Frontier()
        last = new.size - 1
        proof = await self._source.proof(last, new.size)
        page = await self._source.entries(last, 1)
        try:
            verify_inclusion(page[0].body, last, new, proof)
        except (IndexError, RefusedError):
            raise _other(f"entry {last} is not the last of its tree") from None
        edge = Frontier.before(last, proof)
        edge.append(leaf_hash(page[0].body))
        return edge

    def _load(self) -> State:
        try:
            with self._file.open("rb") as f:
                raw = f.read(_MAX_STATE + 1)
        except FileNotFoundError:
            return State()
        except OSError as e:
            raise ConfigError(f"{self._file}: {e.strerror}") from None
        return State.decode(raw[:_MAX_STATE], str(self._file))

    def _evident(self, error: RefusedError, old: Checkpoint | None, new: Checkpoint) -> RefusedError:
        """Keep both checkpoints where they prove that the log lies; return the error that says where."""
        if error.rule not in _EVIDENCE or old is None:
            return error
        kept = self._file.with_name(f"{self._file.stem}-evidence-{int(self._clock())}.json")
        evidence: dict[str, Any] = {"rule": error.rule, "remembered": old.text, "shown": new.text}
        self._write(kept, json.dumps(evidence, indent=1, ensure_ascii=False).encode())
        return RefusedError(error.rule, f"{error.message}; both signed checkpoints are kept in {kept}", hint=error.hint)

    def _write(self, path: Path, data: bytes) -> None:
        from lumosai_marketplace.durable import replace

        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace(path, data)
        except OSError as e:
            raise ConfigError(f"{path}: {e.strerror}") from None


def _other(why: str) -> RefusedError:
    return RefusedError("log.entries", f"the log is not what its checkpoint says: {why}")
