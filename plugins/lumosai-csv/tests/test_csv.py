"""The plugin in its sandbox, beside Python's csv module and a query written in Python."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumosai_sdk import ToolContext, ToolError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.runtimes import LoadedPlugin

CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")
SALES = """city,product,price,sold
Rome,lamp,12.50,3
Oslo,lamp,9,10
Rome,"chair, oak",100,1
Oslo,"the ""big"" one",20,
Lima,lamp,9.75,007
"""
PROPERTIES = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestQuery(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("csv.query")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"csv": SALES, "where": [{"column": "price", "op": ">", "value": 9}]}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"csv": 'a\n"b'}, {"csv": "a\n1,2"}, {"csv": "a", "select": ["b"]}, {"csv": "", "delimiter": "ab"}]


async def asked(plugin: LoadedPlugin, **more: Any) -> dict[str, Any]:
    answer = await plugin.call("csv.query", {"csv": SALES, **more})
    assert isinstance(answer, dict)
    return answer


async def test_rows_are_objects_and_numbers_are_numbers(lumos_plugin: LoadedPlugin) -> None:
    found = await asked(lumos_plugin)
    assert found["columns"] == ["city", "product", "price", "sold"]
    assert found["rows"][0] == {"city": "Rome", "product": "lamp", "price": 12.5, "sold": 3}
    assert [r["product"] for r in found["rows"]] == ["lamp", "lamp", "chair, oak", 'the "big" one', "lamp"]
    assert [r["sold"] for r in found["rows"]] == [3, 10, 1, "", "007"]
    assert (found["matched"], found["total"]) == (5, 5)


CONDITIONS = [
    ("price", ">", 9.75, ["Rome", "Rome", "Oslo"]),
    ("price", "<=", "9.75", ["Oslo", "Lima"]),
    ("price", "=", "12.5", ["Rome"]),
    ("price", "!=", 9, ["Rome", "Rome", "Oslo", "Lima"]),
    ("city", "=", "Oslo", ["Oslo", "Oslo"]),
    ("city", ">", "Oslo", ["Rome", "Rome"]),
    ("city", "<", 5, []),
    ("product", "contains", '"big"', ["Oslo"]),
    ("product", "starts", "chair", ["Rome"]),
    ("product", "ends", "mp", ["Rome", "Oslo", "Lima"]),
    ("sold", "empty", "", ["Oslo"]),
    ("sold", "filled", "", ["Rome", "Oslo", "Rome", "Lima"]),
]


async def test_conditions(lumos_plugin: LoadedPlugin) -> None:
    for column, op, value, cities in CONDITIONS:
        found = await asked(lumos_plugin, where=[{"column": column, "op": op, "value": value}], select=["city"])
        assert [r["city"] for r in found["rows"]] == cities, (column, op, value)
    both = [{"column": "city", "op": "=", "value": "Rome"}, {"column": "price", "op": "<", "value": 50}]
    assert (await asked(lumos_plugin, where=both))["matched"] == 1


async def test_sorting_is_stable_and_by_several_columns(lumos_plugin: LoadedPlugin) -> None:
    by = [{"column": "city"}, {"column": "price", "descending": True}]
    found = await asked(lumos_plugin, order_by=by, select=["city", "price"], limit=3)
    assert [tuple(r.values()) for r in found["rows"]] == [("Lima", 9.75), ("Oslo", 20), ("Oslo", 9)]
    assert found["matched"] == 5
    mixed = await asked(lumos_plugin, order_by=[{"column": "sold"}], select=["sold"])
    assert [r["sold"] for r in mixed["rows"]] == [1, 3, 10, "", "007"]


async def test_figures_of_all_and_by_group(lumos_plugin: LoadedPlugin) -> None:
    figures = [{"function": "count"}, *({"function": f, "column": "price"} for f in ("sum", "avg", "min", "max"))]
    found = await asked(lumos_plugin, aggregate=figures)
    wanted = {"count": 5, "sum(price)": 151.25, "avg(price)": 30.25, "min(price)": 9, "max(price)": 100}
    assert found["rows"] == [wanted]
    grouped = await asked(
        lumos_plugin,
        aggregate=[{"function": "count", "column": "sold"}, {"function": "sum", "column": "price"}],
        group_by=["city"],
        order_by=[{"column": "sum(price)", "descending": True}],
    )
    assert [tuple(r.values()) for r in grouped["rows"]] == [("Rome", 2, 112.5), ("Oslo", 1, 29), ("Lima", 1, 9.75)]
    none = await asked(lumos_plugin, where=[{"column": "price", "op": ">", "value": 999}], aggregate=figures)
    assert none["rows"] == [{"count": 0, "sum(price)": 0, "avg(price)": "", "min(price)": "", "max(price)": ""}]
    tenths = {"csv": "x\n0.1\n0.2", "aggregate": [{"function": "sum", "column": "x"}]}
    assert (await lumos_plugin.call("csv.query", tenths))["rows"] == [{"sum(x)": 0.3}]


async def test_delimiters_headers_and_byte_order_marks(lumos_plugin: LoadedPlugin) -> None:
    for delimiter in ",;\t|":
        text = f'\ufeffa{delimiter}b\r\n1{delimiter}"x,;|"\r\n\r\n'
        assert (await asked(lumos_plugin, csv=text))["rows"] == [{"a": 1, "b": "x,;|"}]
    assert (await asked(lumos_plugin, csv="a,b c,d", delimiter=" "))["columns"] == ["a,b", "c,d"]
    assert (await asked(lumos_plugin, csv="1,2\n3,4", header=False))["rows"] == [{"1": 1, "2": 2}, {"1": 3, "2": 4}]
    assert (await asked(lumos_plugin, csv="a,a,\n1,2,3"))["rows"] == [{"a": 1, "a (2)": 2, "3": 3}]
    assert await asked(lumos_plugin, csv="") == {"columns": [], "rows": [], "matched": 0, "total": 0}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"csv": 'a,b\n1,2\n3,"4\n\n'}, "line 3: a quote is opened"),
    ({"csv": 'a\n"x\r\ny"z\n'}, "line 3: there is text after a closing quote"),
    ({"csv": "a,b\n1,2\n\n3\n"}, "line 4: 1 fields, where the first line has 2"),
    ({"select": ["nope"]}, "no column 'nope'; there are: city, product, price, sold"),
    ({"aggregate": [{"function": "sum"}]}, "sum needs a column"),
    ({"delimiter": '"'}, "one ASCII character"),
]


async def test_what_is_wrong_is_said_with_its_line(lumos_plugin: LoadedPlugin) -> None:
    for given_, message in REFUSED:
        with pytest.raises(ToolError, match=re.escape(message)):
            await lumos_plugin.tool("csv.query").call({"csv": SALES, **given_}, CONTEXT)


# --- beside Python

FIELD = st.one_of(
    st.integers(-1000, 1000).map(str),
    st.floats(-1e6, 1e6).map(lambda x: format(x, ".6g")),
    st.sampled_from(["", "007", "-", "1e999", "0x1", ".5", "1.", "nan", "é", 'q"q', "a,b", "x\ny", " 1"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=6),
)
TABLES = st.integers(1, 4).flatmap(lambda n: st.lists(st.lists(FIELD, min_size=n, max_size=n), max_size=8))
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,3})?", re.ASCII)


def value(field: str) -> float | str:
    mantissa = re.sub(r"[eE].*|[-.]", "", field)
    if NUMBER.fullmatch(field) and len(mantissa) <= 15 and abs(float(field)) < float("inf"):
        return float(field)
    return field


def key(field: str) -> tuple[bool, float, bytes]:
    found = value(field)
    return (True, 0.0, found.encode()) if isinstance(found, str) else (False, found, b"")


def written(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(
        [[f"c{n}" for n in range(len(rows[0]))] if rows else ["c0"], *rows]
    )
    return out.getvalue()


@PROPERTIES
@given(rows=TABLES)
async def test_any_table_is_read_as_python_reads_it(lumos_plugin: LoadedPlugin, rows: list[list[str]]) -> None:
    found = await lumos_plugin.tool("csv.query").call({"csv": written(rows), "delimiter": ","}, CONTEXT)
    assert [list(r.values()) for r in found["rows"]] == [[value(f) for f in row] for row in rows]


@PROPERTIES
@given(rows=TABLES, wanted=FIELD, op=st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), descending=st.booleans())
async def test_any_query_answers_as_python_would(
    lumos_plugin: LoadedPlugin, rows: list[list[str]], wanted: str, op: str, descending: bool
) -> None:
    found = await lumos_plugin.tool("csv.query").call(
        {
            "csv": written(rows),
            "delimiter": ",",
            "where": [{"column": "c0", "op": op, "value": wanted}],
            "order_by": [{"column": "c0", "descending": descending}],
        },
        CONTEXT,
    )
    kept = [row for row in rows if holds(row[0], op, wanted)]
    kept.sort(key=lambda row: key(row[0]), reverse=descending)
    assert [list(r.values()) for r in found["rows"]] == [[value(f) for f in row] for row in kept]


def holds(field: str, op: str, wanted: str) -> bool:
    a, b = key(field), key(wanted)
    if op in {"=", "!="}:
        return (a == b) == (op == "=")
    less = {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}
    return a[0] == b[0] and less[op]
