"""The arithmetic itself: exact on fractions as long as it can be, and never larger than MAX_BITS."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from lumosai_sdk import ToolError

Number = Fraction | float
MAX_BITS = 3400
"""About 1,000 digits, above and below the fraction bar: checked before a power is taken, not after."""
MAX_EXPONENT = 1000


def literal(text: str) -> Fraction:
    """Return the exact value of a number as written. Raises ToolError when it is too large."""
    if text[:2] in {"0x", "0b"}:
        return checked_exact(Fraction(int(text, 0)))
    mantissa, _, exponent = text.partition("e")
    power = int(exponent or "0")
    if abs(power) > MAX_EXPONENT:
        raise too_large()
    return checked_exact(Fraction(mantissa.replace("_", "").rstrip(".")) * Fraction(10) ** power)


def checked(value: Number) -> Number:
    """Return *value* if it is finite and within bounds. Raises ToolError."""
    if isinstance(value, Fraction):
        return checked_exact(value)
    if not math.isfinite(value):
        raise too_large()
    return value


def checked_exact(value: Fraction) -> Fraction:
    """Return *value* if it is within bounds. Raises ToolError."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise too_large()
    return value


def too_large() -> ToolError:
    """Return the error for a number beyond the bounds."""
    return ToolError("the result is too large (or too fine) to work out: over 1,000 digits")


def real(value: Number) -> float:
    """Return *value* as a float. Raises ToolError beyond the floats' range."""
    try:
        return float(value)
    except OverflowError:
        raise too_large() from None


def combine(exact: Callable[[Fraction, Fraction], Number], inexact: Callable[[float, float], float]) -> _Binary:
    """Make an operation that stays exact while both its operands are."""

    def operate(a: Number, b: Number) -> Number:
        try:
            if isinstance(a, Fraction) and isinstance(b, Fraction):
                return checked(exact(a, b))
            return checked(inexact(real(a), real(b)))
        except ZeroDivisionError:
            raise ToolError("division by zero") from None
        except OverflowError:
            raise too_large() from None

    return operate


_Binary = Callable[[Number, Number], Number]


def _exact_power(a: Fraction, b: Fraction) -> Number:
    if b.denominator != 1:
        return root(a) if b == Fraction(1, 2) else _real_power(real(a), real(b))
    bits = max(a.numerator.bit_length(), a.denominator.bit_length())
    if (bits - 1) * abs(b.numerator) > MAX_BITS:
        raise too_large()
    return a**b.numerator


def _real_power(a: float, b: float) -> float:
    if a == 0 and b < 0:
        raise ZeroDivisionError
    try:
        return math.pow(a, b)
    except ValueError:
        raise ToolError("a negative number to a broken power is not a real number") from None


def root(value: Number) -> Number:
    """Return the square root, exact where there is an exact one. Raises ToolError below zero."""
    if value < 0:
        raise ToolError("the square root of a negative number is not a real number")
    if isinstance(value, Fraction):
        above, below = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if above * above == value.numerator and below * below == value.denominator:
            return Fraction(above, below)
    return math.sqrt(real(value))


add = combine(lambda a, b: a + b, lambda a, b: a + b)
subtract = combine(lambda a, b: a - b, lambda a, b: a - b)
multiply = combine(lambda a, b: a * b, lambda a, b: a * b)
divide = combine(lambda a, b: a / b, lambda a, b: a / b)
floor_divide = combine(lambda a, b: Fraction(a // b), lambda a, b: a // b)
modulo = combine(lambda a, b: a % b, lambda a, b: a % b)
power = combine(_exact_power, _real_power)


# --- to text

_MAX_DECIMALS = 28
_DIGITS = 15
_SMALLEST_PLAIN = -7


def show(value: Number) -> str:
    """Return a number as people write it: whole, as an exact decimal if it has a short one, else to 15 digits."""
    if isinstance(value, Fraction):
        return _show_exact(value)
    text = f"{value:.{_DIGITS}g}"
    return "0" if text == "-0" else text


def _show_exact(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    decimals = _decimals(value.denominator)
    if decimals is None:
        return _rounded(value)
    digits = str(abs(value.numerator) * 10**decimals // value.denominator).zfill(decimals + 1)
    return f"{'-' if value < 0 else ''}{digits[:-decimals]}.{digits[-decimals:]}"


def _decimals(denominator: int) -> int | None:
    """Return how many decimals a fraction with that denominator needs, or None if too many or no end of them."""
    for decimals in range(1, _MAX_DECIMALS + 1):
        if 10**decimals % denominator == 0:
            return decimals
    return None


def _rounded(value: Fraction) -> str:
    from decimal import Context, Decimal

    context = Context(prec=_DIGITS, Emax=9999, Emin=-9999)
    out = context.normalize(context.divide(Decimal(value.numerator), Decimal(value.denominator)))
    return f"{out:f}" if _SMALLEST_PLAIN <= out.adjusted() < _DIGITS else f"{out:e}"
