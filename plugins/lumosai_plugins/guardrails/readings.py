"""How else a text may be read: what is written apart, in figures, or encoded so that only a model reads it."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from typing import Final

_APART: Final = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]{1,2}){5,200}[^\W\d_](?![^\W_])")
_BLANKS: Final = re.compile(r"[ .\-_*]")
_FIGURES: Final = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s"})
_MIXED: Final = re.compile(r"(?<![^\W_])(?=[^\W_]*[a-zA-Z])(?=[^\W_]*[0134570@$])[\w@$]{3,32}(?![^\W_])")
_BASE64: Final = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{24,8192}={0,2}(?![A-Za-z0-9+/=])")
_MOST: Final = 8
_ROT13: Final = re.compile(r"\b(?:vtaber|qvfertneq|vafgehpgvba|cebzcg|cerivbhf|flfgrz|cnffjbeq)", re.IGNORECASE)


def readings(text: str) -> Iterator[str]:
    """Yield a text, and what a model may make of it besides."""
    yield text
    if _APART.search(text):
        yield _APART.sub(_joined, text)
    if _MIXED.search(text):
        yield _MIXED.sub(lambda m: m[0].translate(_FIGURES), text)
    for blob in list(_BASE64.finditer(text))[:_MOST]:
        if decoded := _plain(blob[0]):
            yield decoded
    if _ROT13.search(text):
        yield codecs.encode(text, "rot13")


def _joined(apart: re.Match[str]) -> str:
    """Return letters that stand apart as words: two blanks part them."""
    return " ".join(_BLANKS.sub("", word) for word in re.split(r" {2,}", apart[0]))


def _plain(blob: str) -> str:
    try:
        raw = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True)
        text = raw.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return text if sum(c.isprintable() or c.isspace() for c in text) == len(text) else ""
