"""Hooks: named in the manifest, so that a host imports this module only when one of them is to be called."""

from __future__ import annotations

from dataclasses import dataclass

from lumosai_sdk import Event, hookimpl


@dataclass
class Completed:
    """How many runs have completed since the plugin was loaded."""

    count: int = 0


completed = Completed()


@hookimpl
def lumos_on_event(event: Event) -> None:
    """Count completed runs. Called on the event loop for every event, so it does next to nothing."""
    if event.type == "run.completed":
        completed.count += 1
