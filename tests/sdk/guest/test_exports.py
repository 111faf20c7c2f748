"""The exports of a guest, as ordinary Python: what they take, what they answer, and how they fail."""

from __future__ import annotations

import asyncio
import json
import sys
import types
from collections.abc import AsyncIterator, Generator, Mapping, Sequence
from typing import Any

import pytest

from lumosai_sdk import functions, processor, step, tool
from lumosai_sdk.errors import BlockedError, ModelRateLimitError, PermissionDeniedError, Suspend, ToolError
from lumosai_sdk.guest.drive import at_once
from lumosai_sdk.guest.exports import Exports, FailedError
from lumosai_sdk.guest.plan import Plan
from lumosai_sdk.sansio import Driven
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import EmbeddingRequest, ModelChunk, ModelInfo, ModelRequest, ModelResponse
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.sansio import Answer, HttpAnswer, HttpCall, Operation
from lumosai_sdk.types.tools import ToolContext, ToolSpec

CONTEXT = json.dumps({"run_id": "r", "agent": "a", "call_id": "c", "thread_id": None, "tenant": "t", "subject": "me"})


@tool
def add(a: int, b: int = 1) -> int:
    """Add two numbers.

    Args:
        a: One of them.
    """
    return a + b


@tool(id="other", approval="always")
async def whose(context: ToolContext) -> str:
    """Tell whose call it is."""
    return context.principal.id


@tool
async def fails(how: str) -> None:
    """Fail."""
    raise {
        "tool": ToolError("no such city", hint="try Ulm"),
        "denied": PermissionDeniedError("not yours"),
        "accident": ZeroDivisionError("oh\nno"),
        "exit": SystemExit(3),
        "asks": Suspend("may I?"),
    }[how]


@tool
async def sleeps() -> None:
    """Wait for a loop."""
    await asyncio.sleep(1)


@tool
async def yields() -> None:
    """Wait for whoever drives it."""
    await _Never()


class _Never:
    def __await__(self) -> Generator[None, None, None]:
        yield


@step
def double(value: int) -> int:
    """Twice as much."""
    return value * 2


@processor("output", "input")
def polite(value: Any, context: RunInfo) -> Any:
    """Let nothing rude pass."""
    if value == "rude":
        raise BlockedError("mind your words")
    return value


class Settings:
    """Tells its settings."""

    def __init__(self, context: PluginContext) -> None:
        self.context = context
        self.spec = ToolSpec("x", "A class.")

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        settings = self.context.settings
        return [settings["depth"], settings["key"].reveal(), repr(settings["key"])]


class Watcher:
    def __init__(self, context: PluginContext) -> None:
        self.seen: list[str] = []

    async def export(self, events: Sequence[Event]) -> None:
        self.seen += [e.to_json()["type"] for e in events]

    async def aclose(self) -> None:
        raise ToolError(",".join(self.seen))


class Store:
    def __init__(self, context: PluginContext) -> None:
        self.values: dict[tuple[str, str], Any] = {}

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        self.values[namespace, key] = value

    async def kv_get(self, namespace: str, key: str) -> Any:
        return self.values.get((namespace, key))

    async def append_messages(self, thread_id: str, messages: Sequence[Message], owner: str | None = None) -> None:
        self.values["messages", thread_id] = [m.text for m in messages]


class Vendor:
    """A provider that does no I/O."""

    def prepare(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> HttpCall | Answer:
        if request is None:
            return Answer([ModelInfo("m")])
        return HttpCall("https://vendor.example/chat", body=json.dumps({"m": request.model}))

    def parse(self, operation: Operation, response: HttpAnswer) -> Any:
        if response.status == 429:  # noqa: PLR2004
            raise ModelRateLimitError("slow down", retryable=True, retry_after=3.0)
        return ModelResponse(Message.assistant(response.body))

    def parse_chunk(self, chunk: str, state: Any) -> tuple[Sequence[ModelChunk], Any]:
        text = (state or "") + chunk
        return ([ModelChunk(text, finish_reason="stop")], None) if not chunk else ([], text)


def driven(context: PluginContext) -> Driven:
    return Driven(Vendor())


class Native:
    """A provider that asks by itself, through the host."""

    def __init__(self, context: PluginContext) -> None: ...

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("n")]

    async def complete(self, request: ModelRequest) -> ModelResponse:
        return ModelResponse(Message.assistant(request.messages[0].text))

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        yield ModelChunk("a")
        yield ModelChunk(finish_reason="stop")


HERE = "guest_under_test"
PLAN = Plan(
    "p",
    contributes={
        "tool": {f"p.{n}": f"{HERE}:{n}" for n in ("add", "whose", "fails", "sleeps", "yields", "Settings")},
        "step": {"p.double": f"{HERE}:double"},
        "processor": {"p.polite": f"{HERE}:polite"},
        "monitor": {"p.watch": f"{HERE}:Watcher"},
        "storage": {"p.store": f"{HERE}:Store"},
        "provider": {"p.vendor": f"{HERE}:driven", "p.native": f"{HERE}:Native"},
    },
    secrets=("key",),
)


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> Exports:
    module = types.ModuleType(HERE)
    vars(module).update(globals())
    monkeypatch.setitem(sys.modules, HERE, module)
    monkeypatch.setattr(functions, "_plain", at_once)

    def ask(function: str, *texts: str) -> Any:
        return {"config.get": {"depth": 3}, "secrets.get": f"handle of {texts}"}[function]

    return Exports(PLAN, ask)


def call(guest: Exports, export: str, *values: Any) -> Any:
    return json.loads(guest.call(export, *(v if isinstance(v, str) else json.dumps(v) for v in values)))


def failure(guest: Exports, export: str, *values: Any) -> dict[str, Any]:
    with pytest.raises(FailedError) as e:
        call(guest, export, *values)
    found: dict[str, Any] = json.loads(e.value.text)
    return found


# --- tools


def test_plain_and_async_functions_answer(guest: Exports) -> None:
    assert call(guest, "tool.call", "p.add", {"a": 2}, CONTEXT) == 3  # noqa: PLR2004
    assert call(guest, "tool.call", "p.whose", {}, CONTEXT) == "me"


def test_a_class_is_made_with_the_settings_and_handles_in_place_of_secrets(guest: Exports) -> None:
    assert call(guest, "tool.call", "p.Settings", {}, CONTEXT) == [
        3,
        "handle of ('key',)",
        "SecretHandle('key')",
    ]


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("tool", "invalid-input", "no such city"),
        ("denied", "denied", "not yours"),
        ("accident", "internal", "ZeroDivisionError: oh"),
        ("exit", "internal", "SystemExit: 3"),
        ("asks", "invalid-input", "nobody can be asked"),
    ],
)
def test_errors_are_told_by_kind_and_never_with_a_traceback(guest: Exports, how: str, code: str, message: str) -> None:
    told = failure(guest, "tool.call", "p.fails", {"how": how}, CONTEXT)
    assert told["code"] == code
    assert told["message"].startswith(message)
    assert "Traceback" not in json.dumps(told)


@pytest.mark.parametrize("name", ["p.sleeps", "p.yields"])
def test_code_that_waits_is_told_that_it_cannot(guest: Exports, name: str) -> None:
    told = failure(guest, "tool.call", name, {}, CONTEXT)
    assert "event loop" in told["message"]
    assert "lumosai_sdk.host" in told["hint"]


@pytest.mark.parametrize(
    ("export", "values", "code"),
    [
        ("tool.call", ("p.nothing", {}, CONTEXT), "not-found"),
        ("tool.call", ("p.add", "{", CONTEXT), "invalid-input"),
        ("tool.call", ("p.add", [], CONTEXT), "invalid-input"),
        ("tool.call", ("p.whose", {}, "[]"), "invalid-input"),
        ("step.run", ("p.double", "nope", CONTEXT), "invalid-input"),
        ("processor.process", ("p.polite", "lunch", '"x"', CONTEXT), "invalid-input"),
        ("storage.execute", ("p.store", "__init__", []), "invalid-input"),
        ("storage.execute", ("p.store", "kv_get", ["only one"]), "internal"),
        ("provider.prepare", ("p.vendor", "guess", {}), "invalid-input"),
        ("provider.prepare", ("p.vendor", "complete", {"model": 1}), "invalid-input"),
        ("monitor.take", ("p.watch", {}), "invalid-input"),
        ("tool.undo", (), "internal"),
    ],
)
def test_calls_that_are_not_in_the_contract_fail_in_words(
    guest: Exports, export: str, values: tuple[Any, ...], code: str
) -> None:
    assert failure(guest, export, *values)["code"] == code


# --- other kinds


def test_steps_and_processors_answer(guest: Exports) -> None:
    assert call(guest, "step.run", "p.double", 21, CONTEXT) == 42  # noqa: PLR2004
    assert call(guest, "processor.process", "p.polite", "output", '"kind"', CONTEXT) == "kind"
    messages = [Message.user("hi").to_json()]
    assert call(guest, "processor.process", "p.polite", "input", messages, CONTEXT) == messages


def test_a_processor_that_refuses_blocks(guest: Exports) -> None:
    assert failure(guest, "processor.process", "p.polite", "output", '"rude"', CONTEXT)["code"] == "blocked"


def test_a_monitor_gets_events_and_is_closed(guest: Exports) -> None:
    assert call(guest, "monitor.take", "p.watch", [{"type": "run.started"}, {"type": "new.kind"}]) is None
    assert failure(guest, "monitor.close", "p.watch")["message"] == "run.started,new.kind"


def test_a_store_keeps_what_it_is_given(guest: Exports) -> None:
    assert call(guest, "storage.execute", "p.store", "kv_set", ["n", "k", {"v": 1}, None]) is None
    assert call(guest, "storage.execute", "p.store", "kv_get", ["n", "k"]) == {"v": 1}
    call(guest, "storage.execute", "p.store", "append_messages", ["t", [Message.user("hi").to_json()], None])
    assert call(guest, "storage.execute", "p.store", "kv_get", ["messages", "t"]) == ["hi"]


REQUEST = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_a_provider_says_what_to_ask_and_reads_what_comes(guest: Exports) -> None:
    said = call(guest, "provider.prepare", "p.vendor", "complete", REQUEST)
    assert said == {"url": "https://vendor.example/chat", "method": "POST", "headers": {}, "body": '{"m": "m"}'}
    answer = call(guest, "provider.parse", "p.vendor", "complete", {"status": 200, "headers": {}, "body": "hello"})
    assert answer["message"]["content"] == "hello"
    assert call(guest, "provider.prepare", "p.vendor", "models", "null")["answer"][0]["id"] == "m"


def test_a_stream_is_read_in_pieces_with_the_state_between_them(guest: Exports) -> None:
    one = call(guest, "provider.parse-chunk", "p.vendor", "ab", "null")
    two = call(guest, "provider.parse-chunk", "p.vendor", "c", json.dumps(one["state"]))
    end = call(guest, "provider.parse-chunk", "p.vendor", "", json.dumps(two["state"]))
    assert (one["chunks"], two["state"], end["chunks"][0]["text"]) == ([], "abc", "abc")


def test_what_a_server_refused_is_told_with_the_time_to_wait(guest: Exports) -> None:
    told = failure(guest, "provider.parse", "p.vendor", "complete", {"status": 429})
    assert (told["code"], told["retry_after"], told["retryable"]) == ("limit", 3.0, True)


def test_a_provider_that_asks_by_itself_answers_at_once(guest: Exports) -> None:
    said = call(guest, "provider.prepare", "p.native", "complete", REQUEST)
    assert said["answer"]["message"]["content"] == "hi"
    chunks = call(guest, "provider.prepare", "p.native", "stream", REQUEST)["answer"]
    assert [c["text"] for c in chunks] == ["a", ""]


# --- describing


def test_the_code_says_what_it_is(guest: Exports) -> None:
    said = call(guest, "plugin.describe")["contributes"]
    tools = {t["id"]: t for t in said["tool"]}
    assert tools["p.add"]["description"] == "Add two numbers."
    assert tools["p.add"]["input_schema"]["properties"]["a"] == {"type": "integer", "description": "One of them."}
    assert tools["p.whose"]["approval"] == "always"
    assert tools["p.Settings"]["description"] == "A class."
    assert said["processor"] == [
        {"id": "p.polite", "description": "Let nothing rude pass.", "phases": ["input", "output"]}
    ]
    assert [p["id"] for p in said["provider"]] == ["p.native", "p.vendor"]


def test_a_class_that_needs_its_settings_is_described_without_them(guest: Exports) -> None:
    def nothing(function: str, *texts: str) -> Any:
        raise PermissionDeniedError("built with no rights")

    said = json.loads(Exports(PLAN, nothing).call("plugin.describe"))["contributes"]
    assert {"id": "p.Settings", "description": "Tells its settings."} in said["tool"]


def test_a_target_that_is_not_there_fails_the_build(guest: Exports) -> None:
    lost = Exports(Plan("p", contributes={"tool": {"p.x": f"{HERE}:lost"}}), lambda *_: {})
    assert "lost" in failure(lost, "plugin.describe")["message"]


def test_where_an_accident_happened_is_in_the_log_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    logged: list[tuple[str, ...]] = []
    monkeypatch.setattr("lumosai_sdk.guest.objects.import_module", lambda _: sys.modules[__name__])
    guest = Exports(PLAN, lambda function, *texts: logged.append((function, *texts)))
    answer = failure(guest, "tool.call", "p.fails", {"how": "accident"}, json.loads(CONTEXT))
    assert answer == {"code": "internal", "message": "ZeroDivisionError: oh"}
    assert {(function, level) for function, level, *_ in logged} == {("log.write", "error")}
    lines = [text for _, _, text, _ in logged]
    assert "test_exports.py" in lines[0]
    assert lines[0].endswith("in fails")
    assert lines[-2:] == ["ZeroDivisionError: oh", "  no"]
    logged.clear()
    failure(guest, "tool.call", "p.fails", {"how": "tool"}, json.loads(CONTEXT))
    assert logged == []


def test_a_guest_that_cannot_log_still_fails_in_words(guest: Exports) -> None:
    refused = PermissionDeniedError("no log")

    def ask(*_: str) -> None:
        raise refused

    guest._ask = ask
    assert failure(guest, "tool.call", "p.fails", {"how": "exit"}, json.loads(CONTEXT))["message"] == "SystemExit: 3"
