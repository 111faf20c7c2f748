"""Processors of the phase ``stream``: answers are changed while they are shown."""

from __future__ import annotations

from typing import Any

import pytest

from lumosai import Agent
from lumosai_sdk import BlockedError, Message, ModelResponse, RunInfo, ToolCall
from lumosai_sdk.errors import PluginError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.events import ModelDelta


class Starred:
    """Makes stars of the digits; a word is kept back until it is whole."""

    phases = frozenset({"stream"})

    async def process(self, phase: Any, value: Any, context: RunInfo) -> Any:
        raise AssertionError("it is asked for filters only")

    def open(self, context: RunInfo) -> Any:
        return _Stars()


class _Stars:
    def __init__(self) -> None:
        self._kept = ""

    def push(self, piece: str) -> str:
        head, space, self._kept = (self._kept + piece).rpartition(" ")
        return self._starred(head + space)

    def finish(self) -> str:
        kept, self._kept = self._kept, ""
        return self._starred(kept)

    def _starred(self, text: str) -> str:
        if "secret" in text:
            raise BlockedError("not that")
        return "".join("*" if c.isdigit() else c for c in text)


def agent(*ids: str, **more: Any) -> Agent:
    return Agent("a", model="test/m", processors=ids, **more)


async def shown(host: Any, text: str) -> tuple[str, Any]:
    events = [e async for e in host.stream("a", text)]
    return "".join(e.text for e in events if isinstance(e, ModelDelta)), events[-1]


async def test_what_is_shown_and_kept_is_what_it_leaves(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["call 555 123 now", "call 555 123 now"])
    async with lumos_host(agents=[agent("s")]) as host:
        contribute(host, "processor", "s", Starred(), phases=["stream"])
        text, end = await shown(host, "number?")
        assert text == "call *** *** now"
        assert end.text == text
        result = await host.run("a", "number?", thread="t")
        assert result.text == text, "an answer that is not streamed passes it too"
        assert (await host.storage.messages("t"))[-1].text == text
        assert "555 123" not in str(await host.storage.events(result.run_id))


async def test_several_are_passed_in_order(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    class Doubled(_Stars):
        def _starred(self, text: str) -> str:
            return text.replace("*", "**")

    scripted_model.script(["a 1 b"])
    async with lumos_host(agents=[agent("s", "d")]) as host:
        contribute(host, "processor", "s", Starred(), phases=["stream"])
        doubled = Starred()
        doubled.open = lambda context: Doubled()  # type: ignore[method-assign]
        contribute(host, "processor", "d", doubled, phases=["stream"])
        assert (await shown(host, "x"))[0] == "a ** b"


async def test_one_that_refuses_ends_the_run(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    scripted_model.script(["this is secret stuff", "this is secret stuff"])
    async with lumos_host(agents=[agent("s")]) as host:
        contribute(host, "processor", "s", Starred(), phases=["stream"])
        with pytest.raises(BlockedError, match="not that"):
            await host.run("a", "x")
        text, end = await shown(host, "x")
        assert "secret" not in text
        assert end.error["code"] == "blocked"


async def test_one_that_fails_lets_nothing_through(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    class Broken(Starred):
        def open(self, context: RunInfo) -> Any:
            raise KeyError("table")

    scripted_model.script(["5"])
    async with lumos_host(agents=[agent("s")]) as host:
        contribute(host, "processor", "s", Broken(), phases=["stream"])
        with pytest.raises(PluginError, match=r"processor 's'.*table"):
            await host.run("a", "x")


async def test_text_beside_tool_calls_passes_it(lumos_host: OpenHost, scripted_model: ScriptedModel) -> None:
    def double(n: int) -> int:
        return 2 * n

    call = ToolCall("c", "double", '{"n": 21}')
    first = ModelResponse(Message.assistant("let me see 21 ", (call,)), "tool_calls")
    scripted_model.script([first, "it is 42"])
    async with lumos_host(agents=[agent("s", tools=[double])]) as host:
        contribute(host, "processor", "s", Starred(), phases=["stream"])
        result = await host.run("a", "x")
        assert [m.text for m in result.messages if m.role == "assistant"] == ["let me see ** ", "it is **"]
        assert result.messages[2].text == "42", "what tools return is for other processors"
