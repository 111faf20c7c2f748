"""Patterns an owner writes, against texts that anybody writes: a search that takes too long is stopped."""

from __future__ import annotations

import logging
from typing import Any, Final

from lumosai_sdk.errors import MissingExtraError

SECONDS: Final = 0.1
"""What one search may take; nobody else is served meanwhile."""
_log = logging.getLogger(__name__)


class Pattern:
    """A regular expression (the syntax of ``re``, and more) whose search has an end on every text.

    Raises ValueError for one that is none, MissingExtraError.
    """

    def __init__(self, text: str) -> None:
        try:
            import regex
        except ImportError:
            raise MissingExtraError("a rule with a pattern", "guardrails") from None
        try:
            self._compiled: Any = regex.compile(text)
        except regex.error as e:
            raise ValueError(str(e)) from None
        self._text = text

    def found_in(self, text: str) -> bool | None:
        """Tell whether it is found; None when that took too long."""
        try:
            return self._compiled.search(text, timeout=SECONDS) is not None
        except TimeoutError:
            _log.warning("the pattern %r of guardrails.rules takes too long on a text of %d", self._text, len(text))
            return None
