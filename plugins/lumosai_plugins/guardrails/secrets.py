"""The processor ``guardrails.secrets``: keys, tokens and passwords."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from lumosai_plugins.guardrails.globs import fits, names
from lumosai_plugins.guardrails.holding import Held
from lumosai_plugins.guardrails.matches import Match, replaced
from lumosai_plugins.guardrails.texts import changed
from lumosai_sdk.errors import ToolError
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import Phase, RunInfo

_KNOWN: Final = re.compile(
    r"(?a)(?<![\w-])(?:"
    r"(?:AKIA|ASIA)[0-9A-Z]{16}"
    r"|gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255}|glpat-[\w-]{20,64}"
    r"|sk-(?:proj-|ant-|live-)?[\w-]{20,200}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,128}"
    r"|xox[abeoprs]-[\w-]{10,200}|AIza[\w-]{35}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,250}|lumos_[\w-]{24,128}"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,1000}"
    r")(?![\w-])"
)
_PRIVATE: Final = re.compile(
    r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[\s\S]{0,10000}?(?:-----END [A-Z ]{0,20}PRIVATE KEY-----|\Z)"
)
_NAMED: Final = re.compile(
    r"(?ia)\b(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|pwd)\b[\"']?\s{0,3}[:=]\s{0,3}[\"']?([^\s\"',;]{8,200})"
)
_OPENINGS: Final = (
    re.compile(r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----(?![\s\S]*-----END [A-Z ]{0,20}PRIVATE KEY-----)"),
    re.compile(r"-----BEGIN [A-Z ]{0,32}-{0,5}\Z"),
    re.compile(r"(?a)(?<![\w-])eyJ[\w-]{0,2000}(?:\.[\w-]{0,4000}){0,2}\Z"),
    re.compile(
        r"(?ia)\b(?:api[_-]?key|access[_-]?key|secret|token|passw(?:or)?d|pwd)\b[\"']?\s{0,3}[:=]?\s{0,3}[\"']?"
        r"[^\s\"',;]{0,200}\Z"
    ),
)
_LEAST_BITS: Final = 2.5
_TOLD: Final = "[secret withheld]"
_PHASES: Final[frozenset[Phase]] = frozenset({"model_request", "tool_call", "stream"})


class Secrets:
    """Takes secrets out of what models read and say, and refuses calls of tools that hold one."""

    def __init__(self, context: PluginContext) -> None:
        self._tools = names(context.settings.get("secrets", {}).get("tools", ()))

    @property
    def phases(self) -> frozenset[Phase]:
        return _PHASES

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:  # noqa: ARG002
        """Return the value without secrets. Raises ToolError for a call that holds one."""
        if phase == "model_request":
            return changed(value, withheld)
        if not fits(value.name, self._tools) and any(find(value.arguments)):
            raise ToolError("the arguments hold a secret, which this tool is not given")
        return value

    def open(self, context: RunInfo) -> Held:  # noqa: ARG002
        """Return what shows an answer without secrets."""
        return Held(find, lambda *_: _TOLD, opening)


def withheld(text: str) -> str:
    """Return a text with a notice in the place of each secret."""
    return replaced(text, find(text), lambda *_: _TOLD)


def find(text: str) -> Iterator[Match]:
    """Yield the secrets in a text."""
    yield from (Match(*m.span(), "key") for m in _PRIVATE.finditer(text))
    yield from (Match(*m.span(), "token") for m in _KNOWN.finditer(text))
    yield from (Match(*m.span(1), "named") for m in _NAMED.finditer(text) if _looks_random(m[1]))


def opening(text: str) -> int:
    """Return where something begins that may become a long secret, or one of several words; else its length."""
    starts = [m.start() for pattern in _OPENINGS if (m := pattern.search(text))]
    return min(starts, default=len(text))


def _looks_random(value: str) -> bool:
    """Tell whether a value may be a secret: neither a word for one, nor a reference to where one is kept."""
    if value.startswith(("env:", "file:", "$", "<", "{", "[", "*")) or value.isalpha():
        return False
    counts = Counter(value)
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in counts.values())
    return bits >= _LEAST_BITS
