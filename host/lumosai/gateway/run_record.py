"""The events of a run of which nothing is missed, whether they are recorded already or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lumosai.host import Host


async def recorded_events(host: Host, run_id: str, after: int) -> list[Mapping[str, Any]]:
    """Return the events of a run with ``seq`` above *after*: of the record, and those that are not in it yet.

    Whoever listens to the bus before calling this misses nothing. Raises StorageError.
    """
    state = host.runs.under_way(run_id)
    unsaved = () if state is None else state.unrecorded()
    found: dict[int, Mapping[str, Any]] = {int(e["seq"]): e for e in await host.storage.events(run_id, after)}
    for event in unsaved:
        if event.seq > after:
            found.setdefault(event.seq, event.to_json())
    return [found[seq] for seq in sorted(found)]
