"""The ChatML prompt SmolLM2 was trained on, without the system prompt its file carries: that one makes it babble."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SPECIAL = re.compile(
    r"<(?=\|[a-z_]+\|>|(?:repo_name|reponame|file_sep|filename|gh_stars|issue_|jupyter_|empty_output)\b)"
)


def plain(text: str) -> str:
    """Return ``text`` with the model's control tokens broken up, so that nobody's words can end a turn or begin one."""
    return _SPECIAL.sub("< ", text)


def chat(turns: Iterable[tuple[str, str]], opening: str = "") -> str:
    """Return the prompt for (role, text) turns, ending where the assistant speaks; ``opening`` is its first words."""
    said = "".join(f"<|im_start|>{role}\n{plain(text)}<|im_end|>\n" for role, text in turns)
    return f"{said}<|im_start|>assistant\n{opening}"
