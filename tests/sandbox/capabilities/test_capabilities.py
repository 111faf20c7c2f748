"""What is checked before the host's services are asked, and what importing all this costs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from lumosai_sandbox.capabilities import Capabilities
from lumosai_sandbox.capabilities.percall import MOST, PerCall
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.wireerrors import FarError

ME = Caller(chain=("p",))


class Services:
    """A host that notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def kv(self) -> Any:
        raise NotImplementedError

    async def complete(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        self.asked.append((request, caller))
        return {"text": "yes"}

    async def embed(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        self.asked.append((request, caller))
        return {"vectors": [[1.0]]}

    async def call_tool(self, id: str, arguments: Mapping[str, Any], caller: Caller) -> Any:  # noqa: A002
        self.asked.append((id, arguments, caller))
        return arguments.get("give", "x" * arguments.get("size", 1))


@pytest.fixture
def services() -> Services:
    return Services()


@pytest.fixture
def capabilities(services: Services) -> Capabilities:
    rights = Permissions(models=("test/*",), tools=("a.*",))
    return Capabilities(PluginContext("p", permissions=rights, services=services))


async def test_granted_models_and_tools_are_asked_on_behalf_of_the_caller(
    capabilities: Capabilities, services: Services
) -> None:
    asked = {"model": "test/m", "messages": [{"role": "user", "content": "hi"}], "temperature": 0}
    assert json.loads(await capabilities("model.complete", (json.dumps(asked),), ME)) == {"text": "yes"}
    embed = {"model": "test/m", "inputs": ["a"]}
    assert json.loads(await capabilities("model.embed", (json.dumps(embed),), ME)) == {"vectors": [[1.0]]}
    assert json.loads(await capabilities("tools.call", ("a.b", '{"give": [1]}'), ME)) == [1]
    assert services.asked == [(asked, ME), (embed, ME), ("a.b", {"give": [1]}, ME)]


@pytest.mark.parametrize(
    ("function", "texts"),
    [
        ("model.complete", ('{"model": "openai/gpt", "messages": [{}]}',)),
        ("model.embed", ('{"model": "test", "inputs": []}',)),
        ("tools.call", ("b.c", "{}")),
        ("tools.call", ("a", "{}")),
    ],
)
async def test_others_are_not(
    capabilities: Capabilities, services: Services, function: str, texts: tuple[str, ...]
) -> None:
    with pytest.raises(PermissionDeniedError) as caught:
        await capabilities(function, texts, ME)
    assert "[plugins.p.grant]: " in str(caught.value.hint)
    assert services.asked == []


@pytest.mark.parametrize(
    ("function", "texts"),
    [
        ("model.complete", ("{}",)),
        ("model.complete", ('{"model": 1, "messages": []}',)),
        ("model.complete", ('{"model": "test/m"}',)),
        ("model.complete", ('{"model": "test/m", "messages": []}',)),
        ("model.complete", ('{"model": "test/m", "messages": [{}], "temperature": 9}',)),
        ("model.complete", ('{"model": "test/m", "messages": [{}], "max_tokens": 1.5}',)),
        ("model.complete", ('{"model": "test/m", "messages": [{}], "output_schema": []}',)),
        ("model.complete", ('{"model": "test/m", "messages": [{}], "extra": {}}',)),
        ("model.embed", ('{"model": "test/m", "inputs": [1]}',)),
        ("model.embed", ('{"model": "test/m", "inputs": "a"}',)),
        ("tools.call", ("", "{}")),
        ("tools.call", ("a." + "b" * 999, "{}")),
        ("tools.call", ("a.b", "[]")),
        ("tools.call", ("a.b", '{"x": NaN}')),
    ],
)
async def test_malformed_requests_do_not_reach_the_host(
    capabilities: Capabilities, services: Services, function: str, texts: tuple[str, ...]
) -> None:
    with pytest.raises(InputError):
        await capabilities(function, texts, ME)
    assert services.asked == []


async def test_a_tools_result_has_its_limit(capabilities: Capabilities) -> None:
    with pytest.raises(FarError) as caught:
        await capabilities("tools.call", ("a.b", '{"size": 2000000}'), ME)
    assert caught.value.kind == "limit"


def test_what_is_counted_for_calls_that_never_end_is_bounded() -> None:
    counted: PerCall[list[int]] = PerCall(list)
    for n in range(MOST * 2):
        counted.of(Caller(call_id=str(n))).append(n)
    assert len(counted) == MOST
    assert counted.of(Caller(call_id=str(MOST * 2 - 1))) == [MOST * 2 - 1]


@pytest.mark.parametrize(
    ("module", "without"),
    [
        ("lumosai_sandbox.capabilities", ("wasmtime", "aiohttp")),
        ("lumosai_sdk.host", ("pydantic", "asyncio", "dataclasses", "lumosai_sdk.permissions")),
    ],
)
def test_importing_it_takes_little_along(module: str, without: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print([m for m in {without!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout.strip() == "[]"
