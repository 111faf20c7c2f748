"""Text from models, people and datasets as HTML: shown, never obeyed."""

from __future__ import annotations

import html
import json
from typing import Any

from lumosai_sdk import safe


def text(value: object) -> str:
    """Return a value as text for HTML, in elements and in quoted attributes; halves of characters as question marks."""
    whole = str(value).encode(errors="replace").decode()
    return html.escape(safe.lines(whole), quote=True)


def shown(value: Any, most: int) -> str:
    """Return the beginning of a JSON value as text for HTML; a text as it is."""
    whole = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
    return text(whole if len(whole) <= most else f"{whole[:most]}\N{HORIZONTAL ELLIPSIS}")
