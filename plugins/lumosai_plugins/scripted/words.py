"""The embedding model ``scripted/words``: a text is the words in it, whatever their order.

Each word is hashed to one of the dimensions (feature hashing: Weinberger et al., ICML 2009). Texts that share words are
close, and nothing is known of what words mean: enough for tests and demos.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from zlib import crc32

DIMENSIONS = 256
_WORD = re.compile(r"\w+")


def vector(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """Return the vector of a text, of the length 1; that of a text without words is all noughts."""
    out = [0.0] * dimensions
    for word, count in Counter(_WORD.findall(text.casefold())).items():
        hashed = crc32(word.encode("utf-8", "replace"))
        # The sign keeps words that meet in a dimension from always adding up.
        out[hashed % dimensions] += count if hashed & 0x8000_0000 else -count
    length = math.sqrt(math.fsum(x * x for x in out))
    return [x / length for x in out] if length else out
