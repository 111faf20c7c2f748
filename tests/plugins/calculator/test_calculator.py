"""The calculator: right answers, and no way out of arithmetic."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.calculator.functions import FUNCTIONS
from lumosai_plugins.calculator.numbers import MAX_BITS, show
from lumosai_plugins.calculator.parser import evaluate
from lumosai_plugins.calculator.tool import evaluate as the_tool
from lumosai_sdk import ToolContext, ToolError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements


def answer(expression: str) -> str:
    return show(evaluate(expression))


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.calculator") == []


class TestConformance(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return the_tool

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"expression": "17 * 23"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"expression": e} for e in ("", "1 / 0", "9**9**9", "__import__('os')")]


async def test_as_an_agent_calls_it() -> None:
    assert await the_tool.call({"expression": "17 * 23"}, ToolContext()) == "391"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("17 x 23", "391"),
        ("17x23", "391"),
        ("17 × 23", "391"),
        ("17·23 =", "391"),
        ("What is 17 times 23?", "391"),
        ("17 multiplied by 23", "391"),
        ("84 ÷ 4", "21"),
        ("84 divided by 4", "21"),
        ("2 \N{MINUS SIGN} 3", "-1"),
        ("1,234,567 + 1", "1234568"),
        ("1_000 * 2", "2000"),
        ("0x1f + 0b11", "34"),
        ("square root of 144", "12"),
        ("the square root of 2 squared", "2"),
        ("√16 + 1", "5"),
        ("3 cubed", "27"),
        ("2 to the power of 10", "1024"),
        ("2²", "4"),
        ("2π", "6.28318530717959"),
        ("2(3+4)", "14"),
        ("(1+1)(1+2)", "6"),
    ],
)
def test_as_people_write_it(expression: str, expected: str) -> None:
    assert answer(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 4 - 3", "3"),
        ("100 / 10 / 2", "5"),
        ("2^3^2", "512"),
        ("2**10", "1024"),
        ("-2^2", "-4"),
        ("(-2)^2", "4"),
        ("2^-1", "0.5"),
        ("2 * -3", "-6"),
        ("4 - -2", "6"),
        ("7 // 2", "3"),
        ("-7 // 2", "-4"),
        ("17 % 5", "2"),
        ("17 mod 5", "2"),
        ("-17 % 5", "3"),
        ("5!", "120"),
        ("3! ^ 2", "36"),
        ("max(1,234)", "234"),
    ],
)
def test_what_binds_to_what(expression: str, expected: str) -> None:
    assert answer(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("15% of 80", "12"),
        ("10%", "0.1"),
        ("200 + 10%", "220"),
        ("200 - 10%", "180"),
        ("50% * 50%", "0.25"),
        ("10% + 5%", "0.15"),
        ("15 percent of 80", "12"),
        ("19.99 + 8.25%", "21.639175"),
    ],
)
def test_percentages(expression: str, expected: str) -> None:
    assert answer(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0.1 + 0.2", "0.3"),
        ("1.10 * 3", "3.3"),
        ("0.1 + 0.2 - 0.3", "0"),
        ("1 / 8", "0.125"),
        ("1 / 3 * 3", "1"),
        ("1 / 3", "0.333333333333333"),
        ("-2 / 3", "-0.666666666666667"),
        ("10^20 / 3", "3.33333333333333e+19"),
        ("1 / 2^300", "4.90909346529773e-91"),
        ("2^64", "18446744073709551616"),
        ("12345678901234567890 * 98765432109876543210", "1219326311370217952237463801111263526900"),
        ("sqrt(1/4)", "0.5"),
        ("sqrt(10^400) / 10^200", "1"),
        ("sqrt(2) * sqrt(2)", "2"),
        ("1.5e3", "1500"),
        ("10^-400 * 1.5", "1.5e-400"),
        ("log(10^500)", "500"),
        ("cbrt(-27)", "-3"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(1/3, 2)", "0.33"),
        ("round(1234, -2)", "1200"),
        ("mean(1, 2, 4) * 3", "7"),
        ("comb(52, 5)", "2598960"),
    ],
)
def test_exact_as_long_as_it_can_be(expression: str, expected: str) -> None:
    assert answer(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("sin(pi)", 0.0),
        ("sin(30°)", 0.5),
        ("cos(0)", 1.0),
        ("tan(45 deg)", 1.0),
        ("asin(1)", math.pi / 2),
        ("acos(0)", math.pi / 2),
        ("atan(1)", math.pi / 4),
        ("atan2(1, -1)", 3 * math.pi / 4),
        ("sinh(1)", math.sinh(1)),
        ("cosh(1)", math.cosh(1)),
        ("tanh(1)", math.tanh(1)),
        ("exp(1)", math.e),
        ("ln(e)", 1.0),
        ("log(8, 2)", 3.0),
        ("log10(1000)", 3.0),
        ("log2(1024)", 10.0),
        ("degrees(tau)", 360.0),
        ("radians(180)", math.pi),
        ("hypot(3, 4)", 5.0),
        ("2 ^ 0.5", math.sqrt(2)),
        ("8 ^ (1/3)", 2.0),
        ("cbrt(2)", 2 ** (1 / 3)),
        ("abs(-3)", 3.0),
        ("ceil(1.2)", 2.0),
        ("floor(-1.2)", -2.0),
        ("trunc(-1.8)", -1.0),
        ("gcd(12, 18, 27)", 3.0),
        ("lcm(4, 6)", 12.0),
        ("min(3, 1, 2)", 1.0),
        ("max(3, 1, 2)", 3.0),
        ("median(5, 1, 3)", 3.0),
        ("median(1, 2)", 1.5),
        ("avg(1, 2)", 1.5),
        ("sum(1, 2, 3)", 6.0),
        ("mod(-7, 3)", 2.0),
        ("perm(5, 2)", 20.0),
        ("pow(2, 8)", 256.0),
        ("factorial(6)", 720.0),
        ("sqrt(16)", 4.0),
        ("round(pi, 4)", 3.1416),
        ("mean(1, 2, 3)", 2.0),
        ("comb(5, 2)", 10.0),
    ],
)
def test_functions(expression: str, expected: float) -> None:
    assert float(evaluate(expression)) == pytest.approx(expected, abs=1e-12)


def test_every_function_is_tested() -> None:
    marks = [m for f in (test_functions,) for m in f.pytestmark]  # type: ignore[attr-defined]
    tested = {case[0].partition("(")[0] for mark in marks for case in mark.args[1]}
    assert set(FUNCTIONS) <= tested


# --- attacks


@pytest.mark.parametrize(
    "expression",
    [
        "9**9**9",
        "9^9^9^9^9",
        "10^10^10",
        "(10^900)^900",
        "2^-99999999999",
        "factorial(10**9)",
        "999999999!",
        "5!!!!",
        "1e1000000000",
        "1e-1000000000",
        "comb(10^9, 10^8)",
        "perm(1001, 1000)",
        "round(1, 10^9)",
        "10^999 * 10^999",
        "exp(1000)",
        "exp(10^400)",
        "cosh(9999)",
        "(10^308 * pi) * (10^308 * pi)",
        "(10^308 * pi) ^ 2",
        "lcm(10^600 + 1, 10^600 + 3)",
    ],
)
def test_bombs_are_refused_before_they_are_worked_out(expression: str) -> None:
    with pytest.raises(ToolError, match="too large"):
        evaluate(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('id')",
        "().__class__.__bases__[0].__subclasses__()",
        "(1).real",
        "lambda: 1",
        "[x for x in (1, 2)]",
        "{1: 2}",
        "'a' * 10",
        '"a"',
        "f'{1}'",
        "1 if 1 else 2",
        "x := 1",
        "print(1)",
        "open(1)",
        "eval(1)",
        "exec(1)",
        "globals()",
        "1; 2",
        "1\\\n2",
        "a",
        "1 < 2",
        "1 & 1",
        "1 << 1000000",
        "~1",
        "@",
        "`id`",
        "$(id)",
        "\0",
        "\N{FULLWIDTH DIGIT ONE} + \N{ARABIC-INDIC DIGIT THREE}",
    ],
)
def test_there_is_no_syntax_for_anything_but_arithmetic(expression: str) -> None:
    with pytest.raises(ToolError):
        evaluate(expression)


@pytest.mark.parametrize(
    "expression",
    ["(" * 500 + "1" + ")" * 499, "-" * 900 + "1", "sqrt(" * 190, "2^" * 400 + "2", "√" * 900 + "2", "1" + "+(1" * 200],
)
def test_deep_nesting_is_refused(expression: str) -> None:
    with pytest.raises(ToolError, match="nested more than"):
        evaluate(expression)


def test_a_huge_string_is_refused_unread() -> None:
    with pytest.raises(ToolError, match="at most 1000"):
        evaluate("1+" * 5_000_000 + "1")


@pytest.mark.parametrize(
    "text", ["1" * 1000, "1+" * 499 + "1", "1 " * 499, "1," * 499, "_" * 900, "x" * 1000, " " * 999 + "1"]
)
def test_the_longest_expressions_end(text: str) -> None:
    with contextlib.suppress(ToolError):
        evaluate(text)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("", "nothing to calculate"),
        ("what is ?", "nothing to calculate"),
        ("1 / 0", "division by zero"),
        ("1 // 0", "division by zero"),
        ("1 mod 0", "division by zero"),
        ("0 ^ -1", "division by zero"),
        ("0 ^ -0.5", "division by zero"),
        ("log(8, 1)", "division by zero"),
        ("12 +", "found the end"),
        ("* 3", r"found '\*'"),
        ("2 3", "did not expect '3'"),
        ("(1 + 2", r"expected '\)'"),
        ("1 + 2)", r"did not expect '\)'"),
        ("(1, 2)", r"expected '\)'"),
        ("wibble(3)", "there is no function|not known|there are"),
        ("wibble", "not known here"),
        ("max()", "1 or more"),
        ("sqrt(1, 2)", "takes 1 argument"),
        ("log(1, 2, 3)", "1 to 2 arguments"),
        ("atan2(1)", "takes 2 arguments"),
        ("ln(0)", "no real value"),
        ("asin(2)", "no real value"),
        ("factorial(-1)", "no real value"),
        ("factorial(1.5)", "not a whole number"),
        ("gcd(0.5)", "not a whole number"),
        ("sqrt(-1)", "square root of a negative"),
        ("(-8) ^ (1/3)", "not a real number"),
        ("(-pi) ^ pi", "not a real number"),
    ],
)
def test_mistakes_are_told(expression: str, says: str) -> None:
    with pytest.raises(ToolError, match=says):
        evaluate(expression)


# --- properties

_leaf = st.integers(-50, 50).map(lambda n: f"({n})")


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: f"({t[0]}{t[1]}{t[2]})")


_tree = st.recursive(_leaf, _joined, max_leaves=12)


def _by_fractions(expression: str) -> Fraction:
    return Fraction(eval(re.sub(r"\d+", lambda m: f"Fraction({m[0]})", expression), {"Fraction": Fraction}))


@settings(max_examples=100, deadline=None)
@given(_tree)
def test_agrees_with_fractions(expression: str) -> None:
    try:
        expected = _by_fractions(expression)
    except ZeroDivisionError:
        with pytest.raises(ToolError, match="division by zero"):
            evaluate(expression)
        return
    assert evaluate(expression) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789+-*/^%!().,eExX√ sqrtmodofpi_", max_size=60))
def test_whatever_is_written_is_answered_or_refused_politely(text: str) -> None:
    with contextlib.suppress(ToolError):
        assert len(show(evaluate(text))) <= MAX_BITS


@settings(max_examples=100, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_what_is_shown_reads_back_as_the_same(number: object) -> None:
    value = evaluate(str(number))
    assert evaluate(show(value)) == value
