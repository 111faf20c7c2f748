"""The same source passes the same checks natively, as a component in process, and as one in a jail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from lumosai_sdk.testing.conformance.monitor import MonitorConformance
from lumosai_sdk.testing.conformance.processor import ProcessorConformance
from lumosai_sdk.testing.conformance.provider import ProviderConformance
from lumosai_sdk.testing.conformance.step import StepConformance
from lumosai_sdk.testing.conformance.storage import StorageConformance
from lumosai_sdk.testing.conformance.tool import ToolConformance

Load = Callable[[str, str], Any]
# The first one builds the component, and compiles it, unless an earlier session did.
pytestmark = pytest.mark.timeout(300)


class TestTool(ToolConformance):
    @pytest.fixture
    def tool(self, load: Load) -> Any:
        return load("tool", "sample.divide")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"a": 3, "b": 2}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"a": 1, "b": 0}]


class TestStep(StepConformance):
    @pytest.fixture
    def step(self, load: Load) -> Any:
        return load("step", "sample.double")

    @pytest.fixture
    def value(self) -> Any:
        return {"n": 21}

    @pytest.fixture
    def refused_values(self) -> Sequence[Any]:
        return [[], {"n": "x"}, None]


class TestProcessor(ProcessorConformance):
    @pytest.fixture
    def processor(self, load: Load) -> Any:
        return load("processor", "sample.polite")


class TestMonitor(MonitorConformance):
    @pytest.fixture(params=["python", "process"])
    def runtime(self, request: pytest.FixtureRequest) -> str:
        """Not the jail: a hundred workers would be started to no purpose, for what it takes does not hang on it."""
        return str(request.param)

    @pytest.fixture
    def monitor(self, load: Load) -> Any:
        return load("monitor", "sample.count")


class TestProvider(ProviderConformance):
    @pytest.fixture
    def provider(self, load: Load) -> Any:
        return load("provider", "sample")

    @pytest.fixture
    def chat_model(self) -> str | None:
        return "talker"

    @pytest.fixture
    def embedding_model(self) -> str | None:
        return "embedder"


class TestStorage(StorageConformance):
    @pytest.fixture
    def storage(self, load: Load) -> Any:
        return load("storage", "sample")
