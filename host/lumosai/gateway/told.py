"""An event of a run as JSON, made once for all who follow the run in this process."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.types.events import Event


class Told(dict[str, Any]):
    """The JSON, and its frame as soon as one was made. Nobody changes it."""

    __slots__ = ("frame",)

    def __init__(self, event: Event) -> None:
        super().__init__(event.to_json())
        self.frame: bytes | None = None


class _Latest:
    event: Event | None = None
    told: Told


def told(event: Event) -> Told:
    """Return *event* as JSON: the same object to all followers, who are told of an event one right after the other."""
    if _Latest.event is not event:
        _Latest.event, _Latest.told = event, Told(event)
    return _Latest.told
