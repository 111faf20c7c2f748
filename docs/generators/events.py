"""Every event and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from generators.markdown import code, line, page, table, type_text
from lumosai_sdk.types import events
from lumosai_sdk.types.events import Event

INTRO = """
What happens is told as typed events: to those who follow a run (`host.stream`, the HTTP stream), to the hook
[`lumos_on_event`](hooks.md#lumos_on_event), to [monitors](../how-to/contribute/monitor.md), and to the storage, which
keeps those of runs. `event.to_json()` is an object with `type` and every field.

`model.delta` goes only to those who follow its run.
"""
_EVERY = {
    "run_id": "The run; empty for events of plugins and of the host.",
    "seq": "Counts the events of a run from 1.",
    "at": "Seconds since the epoch (UTC).",
}


def pages() -> dict[str, str]:
    """Return the page."""
    every = [(code(name), _hint(Event, name), text) for name, text in _EVERY.items()]
    return {"events.md": page("Events", INTRO, "## Every event has", table(("field", "type", ""), every), *_groups())}


def classes() -> list[type[Event]]:
    """Return the classes of events that happen, in the order of the source."""
    found = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, Event)]
    return [c for c in found if c.type not in {"event", "plugin.event", "audit.event"}]


def _groups() -> Iterator[str]:
    group = ""
    for cls in classes():
        if (prefix := cls.type.partition(".")[0]) != group:
            group = prefix
            yield f"## {prefix}"
        rows = [(code(f.name), _hint(cls, f.name)) for f in fields(cls) if f.name not in _EVERY]
        yield f"### {cls.type}"
        yield f"`lumosai_sdk.types.events.{cls.__name__}`: {line(cls.__doc__)}"
        if rows:
            yield table(("field", "type"), rows)


def _hint(cls: type[Event], name: str) -> str:
    return code(type_text(next(f.type for f in fields(cls) if f.name == name)))
