"""Does a text give orders to a model? Rules that each count for something, over the text as a model would read it."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from typing import Final

from lumosai_plugins.guardrails.normalize import seen
from lumosai_plugins.guardrails.order_rules import RULES
from lumosai_plugins.guardrails.readings import readings

_KEPT: Final = 4096
_scores: OrderedDict[bytes, float] = OrderedDict()
"""By the texts' digests: conversations are looked at again with each request, and may be long."""


def score(text: str) -> float:
    """Return how much a text looks like orders; from 1 on it does."""
    key = sha256(text.encode("utf-8", "surrogatepass")).digest()
    known = _scores.get(key)
    if known is None:
        plain = seen(text)
        known = max(_scored(reading) for reading in readings(plain))
        if plain != text:  # letters that look like Latin ones were read as those, and a language may be written in them
            known = max(known, _scored(text))
        _scores[key] = known
        if len(_scores) > _KEPT:
            _scores.popitem(last=False)
    return known


def _scored(text: str) -> float:
    return round(sum(weight for weight, rule in RULES if rule.search(text)), 2)
