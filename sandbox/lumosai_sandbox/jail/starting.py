"""What a worker needs to begin."""

from __future__ import annotations

import json
from typing import Protocol

from lumosai_sandbox.jail.interfaces import Outline
from lumosai_sandbox.limits import Limits


class Source(Protocol):
    """What is needed of an ``Artefact``."""

    @property
    def shape(self) -> Outline: ...

    def open(self) -> int:
        """Return a descriptor of the compiled code, read-only and checked, for the caller to close. Raises OSError."""
        ...


def begun(limits: Limits, *, generic: bool, stateful: bool) -> bytes:
    """Return the wish for a worker, as the zygote takes it."""
    return json.dumps({"limits": limits.to_json(), "generic": generic, "stateful": stateful}).encode()
