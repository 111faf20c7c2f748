"""Experiments: an agent's answers to a version of a dataset, each scored and kept as soon as it is there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from lumosai_plugins.evals.datasets import Version
from lumosai_plugins.evals.stats import summary
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.kinds.storage import KeyValueStore

NAMESPACE = "evals.experiments"
_MOST_SCORERS = 32


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is tried: an agent on ``dataset`` (``name@number``) with its digest, by which scorers, since when."""

    id: str
    agent: str
    dataset: str
    digest: str
    items: int
    scorers: tuple[str, ...]
    created_at: float
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "scorers": list(self.scorers)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "scorers": tuple(data["scorers"])})

    @classmethod
    def new(cls, agent: str, version: Version, scorers: Sequence[str], note: str = "") -> Self:
        """Return a new one; ids are in the order of time. Raises InputError without scorers."""
        if not scorers or len(scorers) > _MOST_SCORERS:
            raise InputError(f"an experiment has 1 to {_MOST_SCORERS} scorers", hint="lumos eval scorers")
        now = time.time()
        made = f"e{int(now * 1000):011x}{secrets.token_hex(2)}"
        return cls(made, agent, version.ref, version.digest, version.items, tuple(scorers), now, note[:500])


class Experiments:
    """The experiments of a store."""

    def __init__(self, kv: KeyValueStore) -> None:
        self._kv = kv

    async def put(self, experiment: Experiment) -> None:
        """Keep an experiment."""
        await self._kv.kv_set(NAMESPACE, f"e/{experiment.id}", experiment.to_json())

    async def find(self, ref: str) -> Experiment:
        """Return an experiment by its id, the beginning of it if that is of one only, or ``latest``.

        Raises NotFoundError, InputError where several begin like this.
        """
        ids = await self.ids()
        found = ids[:1] if ref == "latest" else [i for i in ids if i.startswith(ref)] if ref else []
        if len(found) > 1 and ref not in found:
            raise InputError(f"{len(found)} experiments begin with {ref!r}")
        row = await self._kv.kv_get(NAMESPACE, f"e/{ref if ref in found else found[0]}") if found else None
        if row is None:
            raise NotFoundError("experiment", ref, ids[:20], hint="lumos eval list")
        return Experiment.from_json(row)

    async def ids(self) -> list[str]:
        """Return the ids, newest first."""
        return sorted((k[2:] for k in await self._kv.kv_keys(NAMESPACE, "e/")), reverse=True)

    async def listed(self, limit: int = 20) -> list[dict[str, Any]]:
        """Return the newest experiments with what their results come to so far."""
        return [await self.told(await self.find(i)) for i in (await self.ids())[:limit]]

    async def told(self, experiment: Experiment) -> dict[str, Any]:
        """Return an experiment with its summary."""
        key = f"s/{experiment.id}"
        if (known := await self._kv.kv_get(NAMESPACE, key)) is None:
            known = summary(await self.results(experiment), experiment.scorers)
            if known["items"] == experiment.items:
                await self._kv.kv_set(NAMESPACE, key, known)
        status = "complete" if known["items"] == experiment.items else "incomplete"
        return {**experiment.to_json(), "status": status, "summary": known}

    async def results(self, experiment: Experiment) -> list[dict[str, Any]]:
        """Return the results there are, in the order of the items."""
        keys = await self._kv.kv_keys(NAMESPACE, f"r/{experiment.id}/")
        rows = [await self._kv.kv_get(NAMESPACE, k) for k in keys]
        return [r for r in rows if r is not None]

    async def done(self, experiment: Experiment) -> set[int]:
        """Return the places of the items that have a result."""
        keys = await self._kv.kv_keys(NAMESPACE, f"r/{experiment.id}/")
        return {int(k.rpartition("/")[2]) for k in keys}

    async def put_result(self, experiment: Experiment, place: int, result: Mapping[str, Any]) -> None:
        """Keep the result of an item."""
        await self._kv.kv_set(NAMESPACE, f"r/{experiment.id}/{place:05d}", dict(result))

    async def delete(self, experiment: Experiment) -> None:
        """Delete an experiment and its results; its runs stay, as runs do."""
        for key in await self._kv.kv_keys(NAMESPACE, f"r/{experiment.id}/"):
            await self._kv.kv_delete(NAMESPACE, key)
        await self._kv.kv_delete(NAMESPACE, f"s/{experiment.id}")
        await self._kv.kv_delete(NAMESPACE, f"e/{experiment.id}")
