"""Drafting, comparing, publishing and restoring versions of the agents in ``lumos.toml``."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from lumosai.agents.versions.comparing import Comparison, changes, diff, patch_between
from lumosai.agents.versions.shelf import Shelf
from lumosai.agents.versions.version import MARK, Version, parted
from lumosai.config import edit, toml
from lumosai.config.changing import change, changed_text
from lumosai.config.edit import merged
from lumosai.config.load import of_text, read
from lumosai.runs.tools import authorize
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError
from lumosai_sdk.types.auth import LOCAL, Principal

if TYPE_CHECKING:
    from lumosai.agents.agent import Agent
    from lumosai.host import Host

_KEPT: Final = 256
"""Versions that are kept ready to run."""
State = Literal["draft", "published", "holds"]
MOST_NOTE: Final = 1000
MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class History:
    """An agent's versions, the newest first. ``holds`` is the number of the one that ``lumos.toml`` says now.

    It is None where the file says something that no version has yet.
    """

    versions: Sequence[Version]
    holds: int | None
    table: Mapping[str, Any]

    def state(self, version: Version) -> State:
        """Return how a version stands: it ``holds``, held and is ``published``, or is a ``draft``."""
        if version.number == self.holds:
            return "holds"
        return "draft" if version.published_at is None else "published"


class Versions:
    """The versions of a host's agents.

    A draft changes nothing: ``assistant@3`` is asked beside ``assistant``, by whoever may ``agent.preview``. To publish
    it is to write it into ``lumos.toml``, comments kept, as a person could; what a person wrote there meanwhile is kept
    as a version of its own before.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._shelf = Shelf(lambda: host.storage)
        self._one = asyncio.Lock()
        self.ready: dict[str, Agent] = {}
        """Versions that were asked for, ready to run, by id. A version never changes."""

    async def agent(self, version_id: str, principal: Principal) -> Agent:
        """Return a version as an agent. Raises NotFoundError, PermissionDeniedError, ConfigError."""
        named = parted(version_id)
        if named is None or named[0] not in self._host.agents:
            raise NotFoundError("agent", version_id, self._host.agents, hint="lumos agents")
        await authorize(self._host.plugins.hooks, principal, "agent.preview", version_id)
        if (found := self.ready.get(version_id)) is not None:
            return found
        made = (await self._shelf.get(*named)).to_agent()
        if len(self.ready) >= _KEPT:
            del self.ready[next(iter(self.ready))]
        # Under the name it was asked by: @3 and @03 are one version.
        self.ready[version_id] = made
        return made

    async def history(self, agent: str) -> History:
        """Return what versions an agent has. Raises NotFoundError, ConflictError for one that is made in code."""
        table = self._table(agent)
        versions = await self._shelf.of(agent)
        return History(versions, next((v.number for v in versions if v.table == table), None), table)

    async def get(self, agent: str, number: int) -> Version:
        """Return one version. Raises NotFoundError."""
        return await self._shelf.get(agent, number)

    async def compare(self, agent: str, number: int, base: int | None = None) -> Comparison:
        """Return what a version changes of the version *base*, else of what holds.

        Raises NotFoundError, ConflictError.
        """
        now = await self._shelf.get(agent, number)
        if base is None:
            history = await self.history(agent)
            base, was = history.holds, history.table
        else:
            was = (await self._shelf.get(agent, base)).table
        named = "lumos.toml" if base is None else f"{agent}{MARK}{base}"
        told = diff(agent, (named, was), (now.id, now.table))
        return Comparison(base, number, list(changes(was, now.table)), told)

    async def draft(
        self,
        agent: str,
        patch: Mapping[str, Any],
        *,
        base: int | None = None,
        note: str = "",
        principal: Principal = LOCAL,
    ) -> Version:
        """Keep a changed agent as a new version, to be tried. Nothing else changes.

        *patch* (RFC 7396) changes the version *base*, else what holds now. Raises NotFoundError, ConflictError,
        WrongKeysError and InputError for what could not stand in ``lumos.toml``.
        """
        async with self._writing() as path:
            history = await self._kept(agent, principal)
            was = history.table if base is None else (await self._shelf.get(agent, base)).table
            table = _json_table(merged(was, patch))
            if table == was:
                raise ConflictError(f"the draft of {agent!r} would change nothing")
            await asyncio.to_thread(self._changed, read(path), agent, table)
            return await self._added(agent, history, table, note, principal, None)

    async def publish(self, agent: str, number: int | None = None, *, principal: Principal = LOCAL) -> Version:
        """Let a draft hold from now on, the newest one unless *number* says which.

        Raises NotFoundError, ConflictError where there is no such draft, what ``draft`` raises where it fits no more.
        """
        async with self._writing() as path:
            history = await self._kept(agent, principal)
            version = _draft(history, agent, number)
            await self._write(path, agent, version.table)
            published = replace(version, published_at=time.time())
            await self._shelf.put(published)
        return published

    async def restore(self, agent: str, number: int, *, note: str = "", principal: Principal = LOCAL) -> Version:
        """Let what a version says hold again, as a new version. Raises what ``publish`` does."""
        async with self._writing() as path:
            history = await self._kept(agent, principal)
            old = await self._shelf.get(agent, number)
            if old.table == history.table:
                raise ConflictError(f"{old.id} is what holds now")
            await self._write(path, agent, old.table)
            return await self._added(agent, history, old.table, note or f"restores {old.id}", principal, time.time())

    # --- the file

    def _path(self) -> Path:
        path = self._host.loaded.path
        if path is None:
            raise ConflictError("the host runs without a lumos.toml", hint="lumos init")
        return path

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[Path]:
        """Be the only one who changes versions or the file. Raises ConflictError while another process does."""
        path = self._path()
        async with self._one:
            with edit.held(path):
                yield path

    def _table(self, agent: str) -> Mapping[str, Any]:
        """Return an agent's table as its file has it now. Raises NotFoundError, ConflictError, ConfigError."""
        path = self._path()
        text = read(path)
        agents = of_text(text, path).config.agents
        if agent in agents:
            # As it was written: what the environment overrides is not of the file.
            return _json_table(_written(text, agent) or agents[agent].model_dump(mode="json", exclude_unset=True))
        if agent in self._host.agents:
            raise ConflictError(f"the agent {agent!r} is made in code", hint="its versions are those of the code")
        raise NotFoundError("agent", agent, agents, hint="lumos agents")

    async def _write(self, path: Path, agent: str, table: Mapping[str, Any]) -> None:
        before = read(path)
        text = await asyncio.to_thread(self._changed, before, agent, table)
        await change(path, before, text, self._host.reload_config)

    def _changed(self, text: str, agent: str, table: Mapping[str, Any]) -> str:
        return changed_text(self._host.loaded, text, {"agents": {agent: patch_between(_written(text, agent), table)}})

    # --- what is kept

    async def _kept(self, agent: str, principal: Principal) -> History:
        """Return the history once what holds now is in it: whoever wrote it into the file told nobody."""
        history = await self.history(agent)
        if history.holds is None:
            note = "as it was in lumos.toml" if history.versions else ""
            await self._added(agent, history, history.table, note, principal, time.time())
            return await self.history(agent)
        holds = next(v for v in history.versions if v.number == history.holds)
        if holds.published_at is None:  # written by hand, or by a host that died before it could say so
            await self._shelf.put(replace(holds, published_at=time.time()))
            return await self.history(agent)
        return history

    async def _added(
        self,
        agent: str,
        history: History,
        table: Mapping[str, Any],
        note: str,
        principal: Principal,
        published_at: float | None,
    ) -> Version:
        if len(note) > MOST_NOTE:
            raise InputError(f"a note has at most {MOST_NOTE} characters")
        last = history.versions[0].number if history.versions else 0
        made = Version(agent, 0, table, time.time(), principal.id, note, published_at)
        added = await self._shelf.add(made, last)
        await self._shelf.make_room([added, *history.versions], history.holds)
        return added


def _draft(history: History, agent: str, number: int | None) -> Version:
    """Return the draft that is meant. Raises NotFoundError, ConflictError."""
    if number is None:
        newest = history.versions[0]
        if newest.published_at is not None:
            raise ConflictError(f"the newest version of {agent!r} is no draft", hint=f"lumos agents draft {agent}")
        return newest
    found = next((v for v in history.versions if v.number == number), None)
    if found is None:
        raise NotFoundError("version", f"{agent}{MARK}{number}", hint=f"lumos agents versions {agent}")
    if found.published_at is not None:
        why = "is what holds now" if number == history.holds else "was published before"
        raise ConflictError(f"{found.id} {why}", hint=f"lumos agents restore {agent} {number}")
    return found


def _written(text: str, agent: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = toml.loads(text).get("agents", {}).get(agent, {})
    return table


def _json_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table as it is kept. Raises InputError for what JSON has no words for, such as a date."""
    try:
        text = json.dumps(table, allow_nan=False)
        made: dict[str, Any] = json.loads(text)
    except (TypeError, ValueError, RecursionError) as e:
        raise InputError(f"an agent with versions has plain values only: {e}") from None
    if len(text) > MOST_BYTES:
        raise InputError(f"an agent with versions has at most {MOST_BYTES} bytes; this has {len(text)}")
    return made
