"""The types: what goes over the wire and into storage comes back the same."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

import lumosai_sdk
from lumosai_sdk import (
    Decision,
    Limits,
    Message,
    ModelInfo,
    Pending,
    PluginContext,
    Principal,
    RunRecord,
    RunRequest,
    RunResult,
    Thread,
    ToolCall,
    ToolContext,
    Usage,
    hookimpl,
)
from lumosai_sdk.errors import PluginUnavailableError, Suspend
from lumosai_sdk.types import events
from lumosai_sdk.types.events import Event, ModelCompleted, RunSuspended
from lumosai_sdk.types.runs import FINISHED

PENDING = Pending("c1", "files.write", {"path": "a"}, "approval", "May I?")


def test_every_name_is_there_and_sorted() -> None:
    assert lumosai_sdk.__all__ == sorted(lumosai_sdk.__all__)
    for name in lumosai_sdk.__all__:
        assert getattr(lumosai_sdk, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Toool'"):
        _ = lumosai_sdk.Toool


def test_importing_it_imports_next_to_nothing() -> None:
    code = "import sys, lumosai_sdk; print({'pydantic', 'pluggy', 'packaging', 'asyncio'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"


def _all_events() -> list[type[Event]]:
    return [e for e in vars(events).values() if isinstance(e, type) and issubclass(e, Event)]


@pytest.mark.parametrize("cls", _all_events(), ids=lambda c: c.__name__)
def test_every_event_is_json_with_its_type(cls: type[Event]) -> None:
    told = json.loads(json.dumps(cls(run_id="r", seq=1, at=2.0).to_json()))
    assert (told["type"], told["run_id"], told["seq"], told["at"]) == (cls.type, "r", 1, 2.0)


def test_every_event_has_a_type_of_its_own() -> None:
    types = [e.type for e in _all_events()]
    assert len(types) == len(set(types))


def test_events_tell_what_is_inside_them() -> None:
    assert RunSuspended(pending=(PENDING,)).to_json()["pending"] == [PENDING.to_json()]
    assert ModelCompleted(usage=Usage(3, 4)).to_json()["usage"]["output_tokens"] == 4  # noqa: PLR2004


def test_a_run_record_survives() -> None:
    record = RunRecord(
        "r1",
        "helper",
        "suspended",
        thread_id="t1",
        usage=Usage(10, 5, cost=0.01),
        messages=(Message.user("Hi"), Message.assistant("", (ToolCall("c1", "files_write", "{}"),))),
        pending=(PENDING,),
        error={"code": "x", "message": "y"},
        metadata={"a": [1]},
    )
    assert RunRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
    assert RunRecord("r2", "helper", "completed").to_json()["error"] is None


def test_a_result_tells_what_there_is() -> None:
    plain = RunResult("r", "a", "completed", "Hi")
    assert set(plain.to_json()) == {"run_id", "agent", "status", "text", "usage", "steps", "messages"}
    full = RunResult("r", "a", "suspended", output={"x": 1}, thread_id="t", pending=(PENDING,))
    told = full.to_json()
    assert (told["output"], told["thread_id"], told["pending"]) == ({"x": 1}, "t", [PENDING.to_json()])


def test_a_request_is_text_or_messages() -> None:
    assert RunRequest("a", "Hi").messages() == (Message.user("Hi"),)
    assert RunRequest("a", [Message.system("x")]).messages() == (Message.system("x"),)


def test_small_things_as_json() -> None:
    assert Pending.from_json(PENDING.to_json()) == PENDING
    assert Thread("t", title="T", metadata={"a": 1}).to_json()["metadata"] == {"a": 1}
    assert ModelInfo("m", ("chat",), 8192, "Good").to_json() == {
        "id": "m",
        "capabilities": ["chat"],
        "context_length": 8192,
        "description": "Good",
    }
    assert Decision(approve=False, reason="no").reason == "no"
    assert Limits() == Limits(None, None, None, None)
    assert "running" not in FINISHED


def test_usage_adds_up() -> None:
    total = Usage(1, 2, cost=0.5) + Usage(3, 4, cost=0.25)
    assert (total.input_tokens, total.output_tokens, total.cost) == (4, 6, 0.75)
    assert json.dumps(total.to_json())


def test_who_may_do_what() -> None:
    ada = Principal("ada", "acme", frozenset({"runs:read"}))
    assert ada.allows("runs:read")
    assert not ada.allows("runs:write")
    assert Principal("root", scopes=frozenset({"*"})).allows("anything")
    assert ada.to_json() == {"id": "ada", "tenant": "acme", "scopes": ["runs:read"]}


async def test_asking_with_nobody_there_suspends() -> None:
    with pytest.raises(Suspend, match="Which"):
        await ToolContext().ask("Which?")


def test_a_plugins_context() -> None:
    context = PluginContext("demo")
    assert context.log is logging.getLogger("lumosai.plugin.demo")
    context.emit(Event())


def test_a_hook_is_marked() -> None:
    @hookimpl(tryfirst=True)
    def lumos_on_event(event: Any) -> None: ...

    options: Any = getattr(lumos_on_event, "lumosai_impl")  # noqa: B009 - pluggy's mark
    assert options["tryfirst"]


def test_a_plugin_without_a_host_is_told_so() -> None:
    with pytest.raises(PluginUnavailableError, match="plugin 'demo': asking the host: there is no host behind it"):
        _ = PluginContext("demo").host
