"""Events on the host's bus, for whoever watches; needs no right."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.host.bridge import call, text


def emit(name: str, data: Any = None) -> None:
    """Publish a ``plugin.message`` event. *name* is a word such as ``page.fetched``, *data* JSON of at most 16 KiB."""
    call("events.emit", name, text(data))
