"""The little Markdown the reference needs."""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any

NOTE = "<!-- Made by docs/generate.py from the code. Change the code, then run `python docs/generate.py`. -->"


_WITH_BAR = re.compile(r"`([^`|]*\|[^`]*)`")


def page(title: str, *parts: str) -> str:
    """Return a whole page."""
    return "\n\n".join([f"# {title}", NOTE, *(p.strip() for p in parts if p.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; bars and line breaks in cells are made harmless."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cell(c) for c in row) + " |" for row in rows]
    return "\n".join(lines)


def _cell(text: str) -> str:
    # In code within a table some readers show the backslash before a bar; none shows an entity within HTML.
    plain = _WITH_BAR.sub(lambda m: f"<code>{html.escape(m[1], quote=False)}</code>", escape(" ".join(text.split())))
    return plain.replace("|", "&#124;")


def escape(text: str) -> str:
    """Return *text* with what looks like HTML outside of inline code made visible."""
    parts = text.split("`")
    parts[::2] = [p.replace("<", "&lt;") for p in parts[::2]]
    return "`".join(parts)


def sentence(text: str) -> str:
    """Return *text* with a full stop, unless it ends in a stop of some kind."""
    return text if text.endswith((".", "…", "!", "?")) else f"{text}."


def code(text: object) -> str:
    """Return inline code."""
    return f"`{text}`"


def block(language: str, text: str) -> str:
    """Return a fenced block."""
    return f"```{language}\n{text.strip()}\n```"


def prose(text: str | None) -> str:
    """Return a docstring as Markdown: code in single backticks, paragraphs kept."""
    return escape(re.sub(r"``([^`]+)``", r"`\1`", inspect.cleandoc(text or "")))


def line(text: str | None) -> str:
    """Return a docstring as one line."""
    return " ".join(prose(text).split())


def type_text(hint: Any) -> str:
    """Return a type hint as it is written."""
    text = hint if isinstance(hint, str) else inspect.formatannotation(hint)
    return re.sub(r"\b(?:lumosai|lumosai_sdk|typing|collections\.abc|pathlib|pydantic)\.(?:\w+\.)*(\w+)", r"\1", text)
