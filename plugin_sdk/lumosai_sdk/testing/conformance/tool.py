"""What every tool must do."""

# ruff: noqa: PLR2004, S101 - the class is a test
from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lumosai_sdk.errors import PermissionDeniedError, ToolError
from lumosai_sdk.kinds.tool import Tool
from lumosai_sdk.types.tools import ToolContext

_ID = re.compile(r"^[a-z][a-z0-9-]{0,63}(\.[a-z0-9][a-z0-9_-]{0,63}){0,3}$")
_NAME = re.compile(r"^[A-Za-z0-9_-]{1,64}$")


class ToolConformance:
    """Subclass it, override ``tool`` and ``valid_arguments``; the rest has defaults.

    A check the implementation cannot pass may be marked xfail with a reason, not overridden.
    """

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def tool(self) -> Any:
        """The tool under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        """Arguments the tool answers, as often as asked."""
        return {}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        """Arguments that satisfy the schema and cannot be served: a date that is none, a folder not granted."""
        return ()

    @pytest.fixture
    def context(self) -> ToolContext:
        """What the tool is handed; override it to grant permissions or to answer its questions."""
        return ToolContext(run_id="run", agent="agent", call_id="call")

    async def test_is_a_tool(self, tool: Any) -> None:
        """It has a ``spec`` and a ``call``."""
        assert isinstance(tool, Tool)

    async def test_has_an_id_and_a_description(self, tool: Any) -> None:
        """Its id can stand in a manifest, its name can be sent to a model, and it says what it is for."""
        assert _ID.match(tool.spec.id)
        assert _NAME.match(tool.spec.name)
        assert tool.spec.description.strip()

    async def test_its_input_schema_is_of_an_object(self, tool: Any) -> None:
        """The schema is JSON, of an object, and requires only what it describes."""
        schema = json.loads(json.dumps(dict(tool.spec.input_schema), allow_nan=False))
        assert schema["type"] == "object"
        assert set(schema.get("required", ())) <= set(schema.get("properties", {}))

    async def test_its_spec_stays_the_same(self, tool: Any) -> None:
        """Two looks at the spec show the same."""
        before = copy.deepcopy(tool.spec.to_json())
        assert tool.spec.to_json() == before

    async def test_answers_with_json(self, tool: Any, valid_arguments: Mapping[str, Any], context: ToolContext) -> None:
        """The result of a call is a JSON value, without NaN and infinities."""
        result = await tool.call(valid_arguments, context)
        assert json.loads(json.dumps(result, allow_nan=False)) == result

    async def test_leaves_its_arguments_alone(
        self, tool: Any, valid_arguments: Mapping[str, Any], context: ToolContext
    ) -> None:
        """A call does not change the arguments it was handed: they are recorded, and retried."""
        arguments = dict(copy.deepcopy(valid_arguments))
        await tool.call(arguments, context)
        assert arguments == valid_arguments

    async def test_refuses_in_words(
        self, tool: Any, refused_arguments: Sequence[Mapping[str, Any]], context: ToolContext
    ) -> None:
        """What cannot be served is a ToolError or a PermissionDeniedError with a message, and harms no later call."""
        for arguments in refused_arguments:
            with pytest.raises((ToolError, PermissionDeniedError)) as refusal:
                await tool.call(arguments, context)
            assert refusal.value.message.strip()

    async def test_serves_calls_at_once(
        self, tool: Any, valid_arguments: Mapping[str, Any], context: ToolContext
    ) -> None:
        """Concurrent calls all succeed."""
        results = await asyncio.gather(*(tool.call(valid_arguments, context) for _ in range(8)))
        assert len(results) == 8

    async def test_a_call_can_be_cancelled(
        self, tool: Any, valid_arguments: Mapping[str, Any], context: ToolContext
    ) -> None:
        """A cancelled call ends, and the next one works."""
        call = asyncio.ensure_future(tool.call(valid_arguments, context))
        await asyncio.sleep(0)
        call.cancel()
        outcome = (await asyncio.gather(call, return_exceptions=True))[0]
        assert not isinstance(outcome, Exception)
        await tool.call(valid_arguments, context)
