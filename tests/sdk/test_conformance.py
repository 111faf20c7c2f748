"""The conformance tests pass what is right, and catch what is wrong: a test that nothing fails shows nothing."""

from __future__ import annotations

import hmac
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

import pytest

from lumosai_sdk import AuthRequest, BlockedError, PluginContext, Principal, RunInfo, auth, processor, step, tool
from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.testing.conformance.auth import AuthConformance
from lumosai_sdk.testing.conformance.processor import ProcessorConformance
from lumosai_sdk.testing.conformance.step import StepConformance
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.types.processors import Phase

pytest_plugins = ["pytester"]

TOKEN = "t0ken-of-ada"


@auth("demo.token")
class StaticToken:
    """Knows the bearer of one token (RFC 6750)."""

    def __init__(self, context: PluginContext) -> None:
        self._expected = f"Bearer {context.settings['token']}".encode()

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        header = request.headers.get("authorization")
        if header is None:
            return None
        if hmac.compare_digest(header.encode("utf-8", "replace"), self._expected):
            return Principal("ada", scopes=frozenset({"*"}))
        raise UnauthenticatedError("the token is not known")


class TestStaticToken(AuthConformance):
    @pytest.fixture
    def authenticator(self) -> Any:
        return StaticToken(PluginContext("demo", settings={"token": TOKEN}))

    @pytest.fixture
    def known(self) -> AuthRequest:
        return AuthRequest({"authorization": f"Bearer {TOKEN}"})

    @pytest.fixture
    def secret(self) -> str:
        return TOKEN


@processor("input", "output")
async def no_cats(value: Any, _: RunInfo) -> Any:
    if "cat" in (value if isinstance(value, str) else " ".join(m.text for m in value)):
        raise BlockedError("no cats here")
    return value


class TestProcessor(ProcessorConformance):
    @pytest.fixture
    def processor(self) -> Any:
        return no_cats

    @pytest.fixture
    def blocked(self) -> Sequence[tuple[Phase, Any]]:
        return [("output", "the cat sat on the mat")]


@step
def double(value: Any) -> Any:
    return {"doubled": value["n"] * 2}


class TestStep(StepConformance):
    @pytest.fixture
    def step(self) -> Any:
        return double

    @pytest.fixture
    def value(self) -> Any:
        return {"n": 2}


@tool(id="demo.echo")
async def echo(text: str = "") -> str:
    """Say it again."""
    return text


class TestTool(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return echo


# --- what is wrong is caught

HEAD = """
import pytest
from typing import Any
from lumosai_sdk import *
from lumosai_sdk.testing.conformance.{kind} import {base}

{code}

class TestIt({base}):
    @pytest.fixture
    def {kind_fixture}(self):
        return {made}
{more}
"""

AUTH_MORE = """
    @pytest.fixture
    def known(self):
        return AuthRequest({"authorization": "Bearer secret-token"})

    @pytest.fixture
    def secret(self):
        return "secret-token"
"""

WRONG = [
    ("tool", "@tool\nasync def made():\n    '''Do.'''\n    return float('nan')", "made", "test_answers_with_json"),
    ("tool", "@tool\nasync def Made():\n    '''Do.'''", "Made", "test_has_an_id_and_a_description"),
    ("tool", "@tool\nasync def made() -> str:\n    return ''", "made", "test_has_an_id_and_a_description"),
    ("tool", "made = object()", "made", "test_is_a_tool"),
    ("step", "@step\ndef made(value):\n    value['x'] = 1\n    return value", "made", "test_leaves_its_input_alone"),
    ("step", "@step\ndef made(value):\n    return {1: float('inf')}", "made", "test_turns_json_into_json"),
    (
        "processor",
        "@processor('output')\ndef made(v, c):\n    return None",
        "made",
        "test_returns_what_the_next_expects",
    ),
    ("processor", "@processor('thought')\ndef made(v, c):\n    return v", "made", "test_is_a_processor"),
    (
        "route",
        "@route\ndef made(r):\n    return HttpResponse('x', headers={'X-Q': r.query.get('unknown', '')})",
        "made",
        "test_answers_whatever_is_sent",
    ),
    ("route", "@route\ndef made(r):\n    return HttpResponse('x', 500)", "made", "test_answers"),
    ("route", "@route\ndef made(r):\n    return {'a': r.body.decode()}", "made", "test_answers_whatever_is_sent"),
    (
        "panel",
        "@panel\ndef made(c):\n    return PanelView('T', [PanelBlock('table', columns=['a'], rows=[[1, 2]])])",
        "made",
        "test_its_tables_are_tables",
    ),
    (
        "panel",
        "@panel\ndef made(c):\n    return PanelView('T', [PanelBlock('metric', value=c)])",
        "made",
        "test_is_data",
    ),
    ("panel", "@panel\ndef made(c):\n    return PanelView('T', refresh=0.01)", "made", "test_shows_something"),
    (
        "command",
        "class C:\n    def add_arguments(self, p): p.add_argument('--x')\n    def run(self, a, c): return 0",
        "C()",
        "test_declares_its_options",
    ),
    (
        "command",
        "class C:\n    def add_arguments(self, p): ...\n    def run(self, a, c): return 3",
        "C()",
        "test_runs",
    ),
    (
        "auth",
        (
            "class C:\n    async def authenticate(self, r):\n"
            "        return Principal('x') if 'secret-token' in r.headers.get('authorization', '') else None"
        ),
        "C()",
        "test_knows_no_stranger",
    ),
    (
        "auth",
        "class C:\n    async def authenticate(self, r):\n        return Principal(r.headers['authorization'])",
        "C()",
        "test_keeps_the_secret",
    ),
]


@pytest.mark.parametrize(
    ("kind", "code", "made", "caught_by"), WRONG, ids=lambda v: v if str(v).startswith("test_") else ""
)
def test_what_is_wrong_is_caught(pytester: pytest.Pytester, kind: str, code: str, made: str, caught_by: str) -> None:
    fixture = {"auth": "authenticator"}.get(kind, kind)
    base = f"{kind.capitalize()}Conformance"
    more = AUTH_MORE if kind == "auth" else ""
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        HEAD.format(kind=kind, base=base, code=textwrap.dedent(code), kind_fixture=fixture, made=made, more=more)
    )
    # Its faulthandler would put back the handlers of signals from before the engine's: a guest's trap ended us all.
    result = pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", "-p", "no:faulthandler")
    result.stdout.fnmatch_lines([f"FAILED *::{caught_by}*"])


def test_the_parser_of_a_command_is_handed_over_whole() -> None:
    class Whole:
        def add_arguments(self, parser: ArgumentParser) -> None:
            parser.add_argument("--loud", action="store_true", help="say it louder")

        def run(self, arguments: Namespace, context: PluginContext) -> int:
            return int(arguments.loud)

    parser = ArgumentParser()
    Whole().add_arguments(parser)
    assert Whole().run(parser.parse_args(["--loud"]), PluginContext("demo")) == 1
