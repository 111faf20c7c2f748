"""How long to wait before a failed call is tried again."""

from __future__ import annotations

import random

BASE = 0.5
CAP = 20.0
MAX_RETRY_AFTER = 60.0


def delay(attempt: int, retry_after: float | None) -> float | None:
    """Return seconds to wait before retry number *attempt* (from 1), with full jitter, at least *retry_after*.

    None when the server asks for more patience than a run should have.
    """
    if retry_after is not None:
        if retry_after > MAX_RETRY_AFTER:
            return None
        return retry_after + random.uniform(0, BASE)  # noqa: S311 - jitter, no secret
    return random.uniform(BASE / 2, min(CAP, BASE * 2**attempt))  # noqa: S311
