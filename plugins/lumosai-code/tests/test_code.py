"""The plugin in its sandbox: programs as models write them, and those that nobody should write."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumosai_sdk import ToolContext
from lumosai_sdk.errors import PluginLimitError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.runtimes import LoadedPlugin

CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")


class TestRun(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("code.run")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"source": "print('hi')\ninputs['n'] + 1", "inputs": {"n": 1}}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return []


async def ran(plugin: LoadedPlugin, source: str, inputs: Mapping[str, Any] | None = None) -> dict[str, Any]:
    answer = await plugin.call("code.run", {"source": source, "inputs": inputs})
    assert isinstance(answer, dict)
    return answer


RESULTS: dict[str, Any] = {
    "1 + 1": 2,
    "x = 1": None,
    "": None,
    "def f():\n  yield 1\nlist(f())": [1],
    "{'a': (1, 2), 3: None}": {"a": [1, 2], "3": None},
    "{1, 2}": "{1, 2}",
    "float('nan')": "nan",
    "'\\ud800'": "'\\ud800'",
    "10 ** 5000": "<int that cannot be shown: ValueError>",
    "import math\nmath.pi": math.pi,
    "import random\nrandom.seed(3)\nrandom.random()": random.Random(3).random(),
    "from datetime import *\ndatetime.strptime('2026-01-02 +0200', '%Y-%m-%d %z').isoformat()[10:]": "T00:00:00+02:00",
    "import datetime\n(datetime.date(2024, 2, 28) + datetime.timedelta(1)).day": 29,
    "from fractions import Fraction\nstr(Fraction(1, 3) + 1)": "4/3",
    "import csv, io\nlist(csv.reader(io.StringIO('a,b')))": [["a", "b"]],
    "import hashlib, zlib, json, re, statistics, itertools, decimal, uuid, html, textwrap, heapq\n1": 1,
    "'é'.encode('cp1252').hex()": "e9",
    "l = []\nfor _ in range(50_000): l = [l]\nl": "<list, nested more than 90 levels deep>",
}


async def test_the_last_expression_is_the_result(lumos_plugin: LoadedPlugin) -> None:
    for source, result in RESULTS.items():
        assert await ran(lumos_plugin, source) == {"output": "", "result": result, "error": None}, source


ERRORS = {
    "def f():\n  1/0\n\nf()": "ZeroDivisionError: division by zero\n  line 2, in f: 1/0\n  line 4, in <module>: f()",
    "x = = 1": 'File "<code>", line 1\n    x = = 1\n        ^\nSyntaxError: invalid syntax',
    "import numpy": "ModuleNotFoundError: there is no module 'numpy' in the sandbox, only these",
    "import socket": "ModuleNotFoundError: there is no module 'socket'",
    "open('x')": "NotHereError: there are no files in the sandbox",
    "import io; io.FileIO('x')": "NotHereError: there are no files",
    "import os; os.listdir('/')": "NotHereError: os.listdir: there is no operating system",
    "import pathlib; pathlib.Path('x').read_text()": "NotHereError: there are no files",
    "import os; os._exit(0)": "NotHereError: os._exit",
    "import time; time.sleep(1)": "NotHereError: there is nothing to wait for",
    "import threading; threading.Thread(target=print).start()": "RuntimeError: can't start new thread",
    "input()": "NotHereError: nobody can be asked",
    "import sys; sys.exit(3)": "SystemExit: the program ended itself with 3",
    "def f(): f()\nf()": "RecursionError: maximum recursion depth exceeded",
    "import sys; sys.setrecursionlimit(10 ** 9)\ndef f(): f()\nf()": "RecursionError: maximum recursion depth exceeded",
    "x = []\nwhile True: x.append(bytes(10 ** 6))": "MemoryError\n  line 2",
    "(" * 5000 + ")" * 5000: "SyntaxError: more than 90 brackets",
    "while True: print('x' * 9999)": "TooMuchOutput: the program printed more than",
    "class A:\n  def __str__(self): raise KeyError('a')\nprint(A())": "KeyError: 'a'\n  line 2, in __str__",
    "raise ExceptionGroup('g', [ValueError(1)])": "ExceptionGroup: g (1 sub-exception)",
}


async def test_errors_name_the_programs_own_lines(lumos_plugin: LoadedPlugin) -> None:
    for source, error in ERRORS.items():
        found = await ran(lumos_plugin, source)
        assert error in found["error"], source
        assert found["result"] is None


async def test_what_is_printed_is_kept_whatever_happens(lumos_plugin: LoadedPlugin) -> None:
    found = await ran(lumos_plugin, "import sys\nprint('a', 1)\nprint('b', file=sys.stderr)\n1 / 0")
    assert found["output"] == "a 1\nb\n"
    long = await ran(lumos_plugin, "print('x' * 60_000)")
    assert long["output"].endswith("x\n… 10001 more characters")


async def test_nothing_is_kept_between_runs(lumos_plugin: LoadedPlugin) -> None:
    await ran(lumos_plugin, "import builtins, math\nbuiltins.x = math.x = 1")
    assert (await ran(lumos_plugin, "import math\nhasattr(math, 'x') or 'x' in dir(__builtins__)"))["result"] is False
    drawn = {str((await ran(lumos_plugin, "import random\nrandom.random()"))["result"]) for _ in range(3)}
    assert len(drawn) == 3  # noqa: PLR2004


async def test_time_and_chance_are_the_hosts(lumos_plugin: LoadedPlugin) -> None:
    import time

    source = "import time, datetime\n[time.time(), datetime.datetime.now(datetime.timezone.utc).timestamp()]"
    for told in (await ran(lumos_plugin, source))["result"]:
        assert abs(told - time.time()) < 60  # noqa: PLR2004
    assert (await ran(lumos_plugin, "import uuid, secrets, random\nlen(str(uuid.uuid4()))"))["result"] == 36  # noqa: PLR2004


class TestWithoutRights:
    @pytest.fixture
    def lumos_plugin_config(self) -> Mapping[str, Any]:
        return {"tier": "process", "grant": {}, "limits": {"cpu": "300ms"}}

    async def test_time_and_chance_are_refused_in_words(self, lumos_plugin: LoadedPlugin) -> None:
        for source in (
            "import time; time.time()",
            "import datetime; datetime.datetime.now()",
            "import random; random.random()",
            "import random; random.Random()",
            "import uuid; uuid.uuid4()",
        ):
            found = await ran(lumos_plugin, source)
            assert "PermissionDeniedError" in found["error"], source
        seeded = await ran(lumos_plugin, "import random\nrandom.seed(3)\nrandom.random()")
        assert seeded["result"] == random.Random(3).random()

    async def test_a_program_without_end_is_ended(self, lumos_plugin: LoadedPlugin) -> None:
        with pytest.raises(PluginLimitError, match="processor time"):
            await lumos_plugin.tool("code.run").call({"source": "while True: pass"}, CONTEXT)
        assert (await ran(lumos_plugin, "1"))["result"] == 1


NUMBERS = st.integers(-(10**6), 10**6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=st.recursive(
        st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=8,
    )
)
async def test_any_json_goes_in_and_comes_out(lumos_plugin: LoadedPlugin, value: Any) -> None:
    arguments = {"source": "inputs['value']", "inputs": {"value": value}}
    assert (await lumos_plugin.tool("code.run").call(arguments, CONTEXT))["result"] == value


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=9), op=st.sampled_from(["+", "-", "*", "//", "%", "<", "=="]))
async def test_it_computes_as_python_does(lumos_plugin: LoadedPlugin, numbers: list[int], op: str) -> None:
    source = f"[sorted({numbers}), sum({numbers}), {numbers[0]} {op} {abs(numbers[-1]) + 1}]"
    found = await lumos_plugin.tool("code.run").call({"source": source}, CONTEXT)
    assert found["result"] == eval(source)
