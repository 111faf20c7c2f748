"""The functions and constants an expression may name: these, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lumosai_plugins.calculator import numbers
from lumosai_plugins.calculator.numbers import Number, checked, real
from lumosai_sdk import ToolError

MAX_COUNT = 1000
_NOISE = 1e-15
CONSTANTS: dict[str, Number] = {"pi": math.pi, "e": math.e, "tau": math.tau, "deg": math.pi / 180}


@dataclass(frozen=True, slots=True)
class Function:
    """A function with the least and most arguments it takes (None: any number)."""

    run: Callable[..., Number]
    least: int = 1
    most: int | None = 1


def call(name: str, arguments: Sequence[Number]) -> Number:
    """Return what the function gives. Raises ToolError for an unknown one, a wrong count or an impossible value."""
    function = FUNCTIONS.get(name)
    if function is None:
        raise ToolError(f"there is no function {name!r}; there are: {', '.join(sorted(FUNCTIONS))}")
    if len(arguments) < function.least or (function.most is not None and len(arguments) > function.most):
        raise ToolError(f"{name} takes {_count(function)}, not {len(arguments)}")
    try:
        return checked(function.run(*arguments))
    except (ValueError, TypeError):
        shown = ", ".join(numbers.show(a) for a in arguments)
        raise ToolError(f"{name}({shown[:80]}) has no real value") from None
    except ZeroDivisionError:
        raise ToolError("division by zero") from None
    except OverflowError:
        raise numbers.too_large() from None


def _count(function: Function) -> str:
    if function.most is None:
        return f"{function.least} or more arguments"
    if function.least != function.most:
        return f"{function.least} to {function.most} arguments"
    return f"{function.least} argument{'s' if function.least > 1 else ''}"


def _whole(value: Number) -> int:
    if value != int(value):
        raise ToolError(f"{numbers.show(value)} is not a whole number")
    return int(value)


def _counted(value: Number) -> int:
    n = _whole(value)
    if n > MAX_COUNT:
        raise numbers.too_large()
    return n


def _of_reals(fn: Callable[..., float]) -> Callable[..., Number]:
    return lambda *values: fn(*(real(v) for v in values))


def _angle(fn: Callable[[float], float]) -> Callable[[Number], Number]:
    def run(value: Number) -> Number:
        out = fn(real(value))
        # sin(pi) is zero: what is left is the error of pi as a float.
        return 0.0 if abs(out) < _NOISE else out

    return run


def _round(value: Number, digits: Number = Fraction(0)) -> Number:
    """Round half away from zero, as people do."""
    places = _whole(digits)
    if abs(places) > MAX_COUNT:
        raise numbers.too_large()
    scale = Fraction(10) ** places
    scaled = abs(Fraction(value)) * scale
    whole = math.floor(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole) / scale


def _logarithm(value: Number, base: Number | None = None) -> Number:
    if base is None:
        return math.log10(_log_argument(value))
    return math.log(_log_argument(value)) / math.log(_log_argument(base))


def _log_argument(value: Number) -> float | int:
    return value.numerator if isinstance(value, Fraction) and value.denominator == 1 else real(value)


def _sum(*values: Number) -> Number:
    total: Number = Fraction(0)
    for value in values:
        total = numbers.add(total, value)
    return total


def _mean(*values: Number) -> Number:
    return numbers.divide(_sum(*values), Fraction(len(values)))


def _median(*values: Number) -> Number:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _mean(ordered[middle - 1], ordered[middle])


def _cube_root(value: Number) -> Number:
    near = Fraction(round(math.copysign(abs(real(value)) ** (1 / 3), value)))
    return near if near**3 == value else math.copysign(abs(real(value)) ** (1 / 3), value)


FUNCTIONS: dict[str, Function] = {
    "abs": Function(abs),
    "acos": Function(_of_reals(math.acos)),
    "asin": Function(_of_reals(math.asin)),
    "atan": Function(_of_reals(math.atan)),
    "atan2": Function(_of_reals(math.atan2), 2, 2),
    "avg": Function(_mean, 1, None),
    "cbrt": Function(_cube_root),
    "ceil": Function(lambda v: Fraction(math.ceil(v))),
    "comb": Function(lambda n, k: Fraction(math.comb(_counted(n), _counted(k))), 2, 2),
    "cos": Function(_angle(math.cos)),
    "cosh": Function(_of_reals(math.cosh)),
    "degrees": Function(_of_reals(math.degrees)),
    "exp": Function(_of_reals(math.exp)),
    "factorial": Function(lambda n: Fraction(math.factorial(_counted(n)))),
    "floor": Function(lambda v: Fraction(math.floor(v))),
    "gcd": Function(lambda *v: Fraction(math.gcd(*(_whole(n) for n in v))), 1, None),
    "hypot": Function(_of_reals(math.hypot), 1, None),
    "lcm": Function(lambda *v: Fraction(math.lcm(*(_whole(n) for n in v))), 1, None),
    "ln": Function(lambda v: math.log(_log_argument(v))),
    "log": Function(_logarithm, 1, 2),
    "log10": Function(_logarithm),
    "log2": Function(lambda v: math.log2(_log_argument(v))),
    "max": Function(lambda *v: max(v), 1, None),
    "mean": Function(_mean, 1, None),
    "median": Function(_median, 1, None),
    "min": Function(lambda *v: min(v), 1, None),
    "mod": Function(numbers.modulo, 2, 2),
    "perm": Function(lambda n, k: Fraction(math.perm(_counted(n), _counted(k))), 2, 2),
    "pow": Function(numbers.power, 2, 2),
    "radians": Function(_of_reals(math.radians)),
    "round": Function(_round, 1, 2),
    "sin": Function(_angle(math.sin)),
    "sinh": Function(_of_reals(math.sinh)),
    "sqrt": Function(numbers.root),
    "sum": Function(_sum, 1, None),
    "tan": Function(_angle(math.tan)),
    "tanh": Function(_of_reals(math.tanh)),
    "trunc": Function(lambda v: Fraction(math.trunc(v))),
}
