"""What every workflow step must do."""

# ruff: noqa: PLR2004, S101 - the class is a test
from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest

from lumosai_sdk.errors import LumosError
from lumosai_sdk.kinds.step import Step
from lumosai_sdk.types.processors import RunInfo


class StepConformance:
    """Subclass it, override ``step`` and ``value``; the rest has defaults."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def step(self) -> Any:
        """The step under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def value(self) -> Any:
        """A JSON value the step takes."""
        return {}

    @pytest.fixture
    def refused_values(self) -> Sequence[Any]:
        """JSON values the step does not take."""
        return ()

    @pytest.fixture
    def context(self) -> RunInfo:
        """The run the step is told it works in."""
        return RunInfo("run", "agent")

    async def test_is_a_step(self, step: Any) -> None:
        """It has ``run``."""
        assert isinstance(step, Step)

    async def test_turns_json_into_json(self, step: Any, value: Any, context: RunInfo) -> None:
        """What comes out survives JSON: it is written down, and the next step reads it from there."""
        out = await step.run(value, context)
        assert json.loads(json.dumps(out, allow_nan=False)) == out

    async def test_leaves_its_input_alone(self, step: Any, value: Any, context: RunInfo) -> None:
        """The input is not changed: after a crash the step is run on it again."""
        before = copy.deepcopy(value)
        await step.run(value, context)
        assert value == before

    async def test_can_be_run_again(self, step: Any, value: Any, context: RunInfo) -> None:
        """The same input can be run twice, and twice at once."""
        await step.run(value, context)
        assert len(await asyncio.gather(step.run(value, context), step.run(value, context))) == 2

    async def test_refuses_in_words(self, step: Any, refused_values: Sequence[Any], context: RunInfo) -> None:
        """What it does not take is a LumosError with a message."""
        for refused in refused_values:
            with pytest.raises(LumosError) as refusal:
                await step.run(refused, context)
            assert refusal.value.message.strip()
