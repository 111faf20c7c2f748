"""Right ``random``."""

from __future__ import annotations

import base64
import builtins

from lumosai_sdk.host.bridge import call


def bytes(count: int) -> builtins.bytes:  # noqa: A001 - random.bytes is what it is called
    """Return *count* random bytes, 1 to 65536, fit for keys."""
    return base64.b64decode(call("random.bytes", str(count)))
