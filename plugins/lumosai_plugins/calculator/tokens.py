"""From what people write (`17 x 23`, `15% of 80`, `√2`) to tokens. Anything else is refused before it is parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from lumosai_sdk import ToolError

MAX_LENGTH = 1000
_SIGNS = str.maketrans(
    {
        "×": "*",
        "·": "*",
        "⋅": "*",
        "\N{ASTERISK OPERATOR}": "*",
        "÷": "/",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "π": " pi ",
        "τ": " tau ",
        "²": "^2",
        "³": "^3",
        "°": " deg ",
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
    }
)
_PHRASES = [
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"^\s*(?:what is|what's|how much is|calculate|compute|evaluate|work out)\b", " "),
        (r"[\s=?]+$", ""),
        (r"\b(?:the )?square root of\b", "√"),
        (r"\b(?:raised )?to the power(?: of)?\b", "^"),
        (r"\b(?:multiplied by|times)\b", "*"),
        (r"\b(?:divided by|over)\b", "/"),
        (r"\bplus\b", "+"),
        (r"\bminus\b", "-"),
        (r"\bpercent\b", "%"),
        (r"\bmodulo\b", " mod "),
        (r"\bsquared\b", "^2"),
        (r"\bcubed\b", "^3"),
    )
]
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>0x[0-9a-f]+ | 0b[01]+ | (?:\d[\d_]*(?:\.\d*)? | \.\d+)(?:e[+-]?\d+)?)
  | (?P<sign>\*\* | // | x(?![a-z]) | [-+*/%^!(),√])
  | (?P<name>[a-z][a-z0-9]*)
    """,
    re.VERBOSE | re.ASCII,
)
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])", re.ASCII)
_CALL = re.compile(r"[a-z]\s*\(")
_SAME = {"**": "^", "x": "*"}


@dataclass(frozen=True, slots=True)
class Token:
    """A number, a name, a sign, or the end of the expression."""

    kind: Literal["number", "name", "sign", "end"]
    text: str

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else repr(self.text)


def tokenize(expression: str) -> list[Token]:
    """Return the tokens of an expression, the end last. Raises ToolError for what cannot stand in one."""
    if len(expression) > MAX_LENGTH:
        raise ToolError(f"the expression has {len(expression)} characters; at most {MAX_LENGTH} are taken")
    text = _plain(expression)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ToolError(f"{text[at]!r} cannot stand in an arithmetic expression")
        if match.lastgroup != "space":
            tokens.append(_token(match))
        at = match.end()
    return [*tokens, Token("end", "")]


def _plain(expression: str) -> str:
    text = expression.lower().translate(_SIGNS)
    for pattern, sign in _PHRASES:
        text = pattern.sub(sign, text)
    # In `max(1,234)` the comma parts arguments; in `1,234 + 1` it groups digits.
    return text if _CALL.search(text) else _GROUPED.sub(lambda m: m[0].replace(",", ""), text)


def _token(match: re.Match[str]) -> Token:
    if match.lastgroup == "number":
        return Token("number", match[0])
    text = _SAME.get(match[0], match[0])
    return Token("name", text) if match.lastgroup == "name" else Token("sign", text)
