"""The processor ``guardrails.normalize``: text as it looks.

Compatibility forms are made plain (NFKC, Unicode Standard Annex 15), and what cannot be seen is taken out: controls of
direction, blanks without width, tags (Unicode Technical Report 36). Letters of other scripts that look like Latin ones
are read as those by ``seen``, which is for looking at a text, not for passing it on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from lumosai_plugins.guardrails.texts import changed
from lumosai_sdk.errors import BlockedError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import Phase, RunInfo

_PHASES: Final[frozenset[Phase]] = frozenset({"input", "tool_result"})
_KEPT: Final = frozenset("\n\t")
_JOINER: Final = "\u200d"
_LOOKS: Final = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u0475\u03bf\u03b1\u03bd\u03c1\u03b9\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0391\u0392\u0395\u0396\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u2019",
    "aeopcyxijsdqvoavpihABEKMHOPCTXIABEZHIKMNOPTYX'",
)


class Normalize:
    """Makes inputs and results plain, and refuses inputs in scripts that are not expected."""

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("normalize", {})
        self._scripts: Sequence[str] = tuple(s.upper() for s in settings.get("scripts", ()))

    @property
    def phases(self) -> frozenset[Phase]:
        return _PHASES

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:  # noqa: ARG002
        """Return the text as it looks. Raises BlockedError for an input in another script."""
        if phase == "tool_result":
            return plain(value)
        messages: tuple[Message, ...] = changed(value, plain)
        # What a model wrote as arguments is JSON, and stays as it is.
        out = tuple(replace(m, tool_calls=old.tool_calls) for m, old in zip(messages, value, strict=True))
        for message in out:
            self._check(message.text)
        return out

    def _check(self, text: str) -> None:
        if self._scripts and (odd := next((c for c in text if c.isalpha() and not self._is_expected(c)), None)):
            told = ", ".join(self._scripts)
            raise BlockedError(f"the input is written in another script than {told}: {unicodedata.name(odd, odd)}")

    def _is_expected(self, c: str) -> bool:
        return c.isascii() or _script(c) in self._scripts


@lru_cache(maxsize=4096)
def _script(c: str) -> str:
    """Return the first word of a character's name, which for letters is their script."""
    return unicodedata.name(c, "").partition(" ")[0]


def plain(text: str) -> str:
    """Return a text in its plain form, without what cannot be seen."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c in _KEPT or c == _JOINER or _is_seen(c))


def seen(text: str) -> str:
    """Return a text as it is read: plain, joiners out, and letters that look like Latin ones as those."""
    if text.isascii():
        return text
    return plain(text).replace(_JOINER, "").translate(_LOOKS)


def _is_seen(c: str) -> bool:
    # Variation selectors (marks) and tags carry whole texts that nobody sees.
    return unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs", "Cn"} and not (
        "\ufe00" <= c <= "\ufe0e" or c >= "\U000e0000"
    )
