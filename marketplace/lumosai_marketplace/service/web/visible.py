"""Characters that nobody sees, made visible: strangers' texts say what they hold, and in the order they hold it.

Bidirectional overrides make a name look like another; zero-width characters and tags say things to programs alone. What
scripts and emoji need to be written is left: a joiner between two letters that are no ASCII, one variation selector.
"""

from __future__ import annotations

import re
from typing import Final

_JOINERS: Final = "\u200c\u200d"
_SELECTORS: Final = "\ufe00-\ufe0f"
_ALWAYS: Final = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff"
)
_HIDDEN: Final = re.compile(rf"[{_ALWAYS}{_JOINERS}{_SELECTORS}]+")
_NEEDED: Final = re.compile(rf"[\ufe0e\ufe0f]?[{_JOINERS}]?")
_FEW: Final = 3


def visible(text: str) -> str:
    """Return *text* with what hides in it as ``⟦U+202E⟧``, a long run of it as its first and a number.

    Line breaks and tabs stay. What is visible is returned as it is.
    """
    return _HIDDEN.sub(_shown, text)


def _shown(found: re.Match[str]) -> str:
    hidden, text = found.group(), found.string
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    # A joiner joins: one that has nothing on one of its sides, or plain Latin, is there for another reason.
    joins = hidden[-1] not in _JOINERS or (not before.isascii() and bool(after) and not after.isascii())
    if before and _NEEDED.fullmatch(hidden) and joins:
        return hidden
    codes = " ".join(f"U+{ord(c):04X}" for c in hidden[:_FEW])
    more = f" and {len(hidden) - _FEW} more" if len(hidden) > _FEW else ""
    return f"⟦{codes}{more}⟧"
