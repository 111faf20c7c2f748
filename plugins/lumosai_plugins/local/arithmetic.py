"""Find an arithmetic expression in a request, in signs or in words, and write it in signs."""

from __future__ import annotations

import re

_NUMBER = r"\d[\d,]*(?:\.\d+)?"
_FUNCTION = r"(?:sqrt|sin|cos|tan|log|log10|log2|ln|exp|abs|round|floor|ceil|min|max|pi)"
_SIGNED = re.compile(rf"(?:{_FUNCTION}\b|[-+(\d])(?:{_FUNCTION}\b|[\d\s.,+\-*/%^()e])*[\d)e]|\d\s*!", re.IGNORECASE)
_WORDS: list[tuple[str, str]] = [
    (r"\bzero\b", "0"), (r"\bone\b", "1"), (r"\btwo\b", "2"), (r"\bthree\b", "3"), (r"\bfour\b", "4"),
    (r"\bfive\b", "5"), (r"\bsix\b", "6"), (r"\bseven\b", "7"), (r"\beight\b", "8"), (r"\bnine\b", "9"),
    (r"\bten\b", "10"), (r"\beleven\b", "11"), (r"\btwelve\b", "12"), (r"\btwenty\b", "20"),
    (r"\bfifty\b", "50"), (r"\b(?:a|one) hundred\b", "100"), (r"\b(?:a|one) thousand\b", "1000"),
]  # fmt: skip
_N = rf"(\(?-?{_NUMBER}\)?)"
_PHRASES: list[tuple[str, str]] = [
    (r"[×·]", "*"),
    (r"÷", "/"),
    ("\u2212", "-"),
    (rf"(?<=\d)\s*x\s*(?={_NUMBER})", " * "),
    (rf"{_N}\s*(?:%|percent|per cent) of {_N}", r"\1 / 100 * \2"),
    (rf"\b(?:the )?sum of {_N} and {_N}", r"\1 + \2"),
    (rf"\b(?:the )?product of {_N} and {_N}", r"\1 * \2"),
    (rf"\b(?:the )?difference (?:between|of) {_N} and {_N}", r"\1 - \2"),
    (rf"\badd {_N} (?:and|to|plus) {_N}", r"\1 + \2"),
    (rf"\bsubtract {_N} from {_N}", r"\2 - \1"),
    (rf"\bmultiply {_N} (?:by|and|with) {_N}", r"\1 * \2"),
    (rf"\bdivide {_N} by {_N}", r"\1 / \2"),
    (rf"\b(?:the )?(?:square root|root) of {_N}", r"sqrt(\1)"),
    (rf"\bhalf of {_N}", r"\1 / 2"),
    (rf"\b(?:double|twice) {_N}", r"2 * \1"),
    (rf"{_N} squared", r"\1 ** 2"),
    (rf"{_N} cubed", r"\1 ** 3"),
    (r"\s*\b(?:to the power of|raised to)\b\s*", " ** "),
    (r"\s*\b(?:multiplied by|times)\b\s*", " * "),
    (r"\s*\b(?:divided by|over)\b\s*", " / "),
    (rf"(?<=[\d)])\s*\bplus\b\s*(?={_N})", " + "),
    (rf"(?<=[\d)])\s*\b(?:minus|less)\b\s*(?={_N})", " - "),
    (rf"(?<=[\d)])\s*\b(?:mod|modulo)\b\s*(?={_N})", " % "),
    (r"\^", "**"),
]
_OPERATION = re.compile(r"[\d)]\s*(?:[-+*/%]|\*\*)\s*[-+(\da-z]|\b[a-z]+\d*\(", re.IGNORECASE)
_DATE = re.compile(r"\b\d{4}-\d{1,2}-\d{1,2}\b|\b\d{1,2}/\d{1,2}/\d{4}\b|\+?\d{3}-\d{3,4}-\d{4}\b")
_MAX = 500


def find_expression(text: str) -> str | None:
    """Return the longest expression with an operation in it, such as ``17 * 23`` for "17 times 23", or None."""
    signs = _DATE.sub(" ", text[:_MAX])
    for pattern, sign in (*_WORDS, *_PHRASES):
        signs = re.sub(pattern, sign, signs, flags=re.IGNORECASE)
    found = [_tidy(m[0]) for m in _SIGNED.finditer(signs)]
    found = [f for f in found if _OPERATION.search(f)]
    return max(found, key=len, default=None)


def _tidy(expression: str) -> str:
    without_thousands = re.sub(r"(?<=\d),(?=\d{3}\b)", "", expression)
    balanced = _balance(" ".join(without_thousands.split()))
    return balanced.strip(" ,+*/%")


def _balance(expression: str) -> str:
    while expression.count("(") > expression.count(")") and expression.startswith("("):
        expression = expression[1:]
    while expression.count(")") > expression.count("(") and expression.endswith(")"):
        expression = expression[:-1]
    return expression
