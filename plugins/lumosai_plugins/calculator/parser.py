"""Reads an expression and works it out on the way (precedence climbing), with no more nesting than MAX_DEPTH.

The grammar has numbers, signs, parentheses, and names out of two fixed tables. There is no syntax for anything else, so
there is no Python to escape to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from lumosai_plugins.calculator import numbers
from lumosai_plugins.calculator.functions import CONSTANTS, FUNCTIONS, call
from lumosai_plugins.calculator.numbers import Number
from lumosai_plugins.calculator.tokens import Token, tokenize
from lumosai_sdk import ToolError

MAX_DEPTH = 60
_SUM, _PRODUCT, _NEGATION, _POWER, _POSTFIX = 10, 20, 30, 40, 50
_INFIX: dict[str, tuple[int, int, Callable[[Number, Number], Number]]] = {
    "+": (_SUM, _SUM + 1, numbers.add),
    "-": (_SUM, _SUM + 1, numbers.subtract),
    "*": (_PRODUCT, _PRODUCT + 1, numbers.multiply),
    "of": (_PRODUCT, _PRODUCT + 1, numbers.multiply),
    "/": (_PRODUCT, _PRODUCT + 1, numbers.divide),
    "//": (_PRODUCT, _PRODUCT + 1, numbers.floor_divide),
    "mod": (_PRODUCT, _PRODUCT + 1, numbers.modulo),
    # From the right, and tighter than the sign before it: 2^3^2 is 512, -2^2 is -4; but 2^-1 is a half.
    "^": (_POWER, _NEGATION, numbers.power),
}


@dataclass(frozen=True, slots=True)
class Percent:
    """A percentage not yet of anything: `200 + 10%` is 220, everywhere else `10%` is 0.1."""

    value: Number

    @property
    def plain(self) -> Number:
        return numbers.divide(self.value, Fraction(100))


Value = Number | Percent


def evaluate(expression: str) -> Number:
    """Return the value of an expression. Raises ToolError, worded for the model."""
    tokens = tokenize(expression)
    if len(tokens) == 1:
        raise ToolError("there is nothing to calculate; write an expression such as 17 * 23")
    reader = _Reader(tokens)
    value = _plain(reader.expression(0))
    if reader.next.kind != "end":
        raise ToolError(f"did not expect {reader.next} in {expression[:80]!r}")
    return value


def _plain(value: Value) -> Number:
    return value.plain if isinstance(value, Percent) else value


class _Reader:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _expect(self, sign: str) -> None:
        token = self._take()
        if token.text != sign:
            raise ToolError(f"expected {sign!r}, found {token}")

    def expression(self, binding: int) -> Value:
        """Read and work out as much as binds at least as tightly as *binding*."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ToolError(f"the expression is nested more than {MAX_DEPTH} deep")
        left = self._operand()
        while (found := self._continue(left, binding)) is not None:
            left = found
        self._depth -= 1
        return left

    def _continue(self, left: Value, binding: int) -> Value | None:
        token = self.next
        if token.text in {"!", "%"} and (token.text == "!" or not self._starts_operand(1)):
            return self._postfix(left) if binding <= _POSTFIX else None
        name = "mod" if token.text == "%" else token.text
        if name in _INFIX:
            return self._infix(left, name, binding)
        if token.kind != "number" and self._starts_operand(0) and binding <= _PRODUCT:
            return numbers.multiply(_plain(left), _plain(self.expression(_PRODUCT + 1)))
        return None

    def _postfix(self, left: Value) -> Value:
        if self._take().text == "!":
            return call("factorial", [_plain(left)])
        return Percent(_plain(left))

    def _infix(self, left: Value, name: str, binding: int) -> Value | None:
        strength, right_binding, operate = _INFIX[name]
        if strength < binding:
            return None
        self._take()
        right = self.expression(right_binding)
        if isinstance(right, Percent) and name in {"+", "-"} and not isinstance(left, Percent):
            return operate(left, numbers.multiply(left, right.plain))
        return operate(_plain(left), _plain(right))

    def _starts_operand(self, ahead: int) -> bool:
        token = self._tokens[min(self._at + ahead, len(self._tokens) - 1)]
        if token.kind == "name":
            return token.text in FUNCTIONS or token.text in CONSTANTS
        return token.kind == "number" or token.text in {"(", "√"}

    def _operand(self) -> Value:
        token = self._take()
        if token.kind == "number":
            return numbers.literal(token.text)
        if token.kind == "name":
            return self._name(token.text)
        if token.text == "(":
            value = self.expression(0)
            self._expect(")")
            return value
        if token.text == "√":
            return numbers.root(_plain(self.expression(_POWER)))
        if token.text in {"+", "-"}:
            value = _plain(self.expression(_NEGATION))
            return -value if token.text == "-" else value
        raise ToolError(f"expected a number, found {token}")

    def _name(self, name: str) -> Value:
        if name in CONSTANTS:
            return CONSTANTS[name]
        if self.next.text != "(":
            known = ", ".join([*CONSTANTS, *sorted(FUNCTIONS)])
            raise ToolError(f"{name[:40]!r} is not known here; there are: {known}")
        self._take()
        arguments: list[Number] = []
        while self.next.text != ")":
            arguments.append(_plain(self.expression(0)))
            if self.next.text != ")":
                self._expect(",")
        self._expect(")")
        return call(name, arguments)
