"""Text that cannot move the cursor, start a line of its own, or turn the reading direction."""

from __future__ import annotations

import re
from typing import Final

# Controls C0 and C1, line and paragraph separators, the bidirectional controls of UAX #9, half characters.
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def safe(text: str, limit: int) -> str:
    """Return *text*, at most *limit* characters of it, with what a terminal would obey made visible."""
    cut = text if len(text) <= limit else text[:limit] + "…"
    return _UNSAFE.sub(_visible, cut)


def _visible(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - Latin-1 ends there
