from __future__ import annotations

import json
from typing import Any

import pytest

from lumosai_sdk import wire
from lumosai_sdk.errors import (
    BlockedError,
    ConflictError,
    ContextLengthError,
    InputError,
    LumosError,
    ModelRateLimitError,
    ModelUnavailableError,
    NotFoundError,
    PermissionDeniedError,
    StorageError,
    ToolError,
)
from lumosai_sdk.types import events
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.events import Event, RunCompleted, RunSuspended, ToolReturned
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
    OutputSchema,
    ToolCallDelta,
    Usage,
)
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.runs import Pending
from lumosai_sdk.types.storage import RunFilter, RunRecord, Thread
from lumosai_sdk.types.tools import ToolContext, ToolSpec
from lumosai_sdk.wireerrors import MAX_MESSAGE, FarError, decode_error, encode_error

MESSAGES = (
    Message.user((TextPart("look"), ImagePart("data:image/png;base64,AA=="))),
    Message.assistant("", (ToolCall("c1", "f", '{"x": 1}'),)),
    Message.tool("c1", "42"),
)
VALUES: list[Any] = [
    *MESSAGES,
    ModelRequest("m", MESSAGES, (ToolSpec("a.b", "x"),), output=OutputSchema({"type": "object"}), stop=("x",), seed=3),
    ModelResponse(MESSAGES[1], "tool_calls", Usage(1, 2, 3, 0.5), "m"),
    ModelChunk("t", (ToolCallDelta(0, "i", "n", "{"),), "stop", Usage(1)),
    ModelInfo("m", ("chat", "embedding"), 4096),
    EmbeddingRequest("m", ("a", "b"), 3, 1.5),
    EmbeddingResponse(((0.5, 1.0),), Usage(2), "m"),
    Thread("t", "default/x", "title", 1.0, 2.0, {"k": [1]}),
    RunRecord("r", "a", "suspended", messages=MESSAGES, pending=(Pending("c", "t"),), usage=Usage(1), error={"a": 1}),
    RunFilter("a", limit=3),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: type(v).__name__)
def test_a_value_is_the_same_on_the_other_side(value: Any) -> None:
    assert wire.decode(type(value), wire.loads(wire.dumps(value))) == value


@pytest.mark.parametrize(
    ("cls", "data", "named"),
    [
        (ModelRequest, {"model": 1, "messages": []}, "ModelRequest.model must be a string"),
        (ModelRequest, {"model": "m"}, "has no messages"),
        (ModelRequest, {"model": "m", "messages": [{"role": "boss"}]}, "ModelRequest.messages"),
        (ModelRequest, [], "must be an object"),
        (ModelResponse, {"message": {"role": "user"}, "finish_reason": "because"}, "finish_reason must be one of"),
        (ModelResponse, {"message": {"role": "user"}, "usage": {"input_tokens": True}}, "input_tokens"),
        (EmbeddingResponse, {"vectors": [[1, "2"]]}, "vectors must be a number"),
        (EmbeddingResponse, {"vectors": [[10**400]]}, "vectors must be a number"),
        (ModelChunk, {"tool_calls": {}}, "tool_calls must be a list"),
    ],
)
def test_what_has_not_the_form_is_refused_by_name(cls: Any, data: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        wire.decode(cls, data)


def test_fields_of_a_later_contract_are_passed_over() -> None:
    assert wire.decode(ModelInfo, {"id": "m", "colour": "green"}) == ModelInfo("m")


@pytest.mark.parametrize("text", ["{", "NaN", "1e999", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not JSON"):
        wire.loads(text)


@pytest.mark.parametrize("value", [object(), float("nan"), {"a": {1, object()}}])
def test_what_cannot_be_json_is_not_sent(value: Any) -> None:
    with pytest.raises(InputError, match="cannot be sent"):
        wire.dumps(value)


# --- stores, processors, contexts


def test_a_stores_arguments_arrive_as_their_types() -> None:
    sent = json.loads(wire.dumps(["t", MESSAGES, None]))
    assert wire.decode_arguments("append_messages", sent) == ("t", MESSAGES, None)
    assert wire.decode_arguments("list_threads", []) == ()
    assert wire.decode_arguments("kv_set", ["n", "k", {"any": [1]}]) == ("n", "k", {"any": [1]})


def test_a_stores_results_come_back_as_their_types() -> None:
    run = RunRecord("r", "a", "running")
    assert wire.decode_result("list_runs", [run.to_json()]) == (run,)
    assert wire.decode_result("get_run", None) is None
    assert wire.decode_result("kv_get", [1]) == [1]
    assert wire.decode_result("health", {"ok": True}) == {"ok": True}


@pytest.mark.parametrize(
    ("method", "data"),
    [("nonsense", []), ("__init__", []), ("flush", [1]), ("kv_get", [1, "k"]), ("put_run", "x"), ("kv_get", None)],
)
def test_calls_that_a_store_has_not_are_refused(method: str, data: Any) -> None:
    with pytest.raises(InputError):
        wire.decode_arguments(method, data)


def test_a_method_answers_in_its_type_only() -> None:
    with pytest.raises(InputError, match="delete_thread must be true or false"):
        wire.decode_result("delete_thread", "yes")


@pytest.mark.parametrize(
    ("phase", "value"),
    [
        ("input", MESSAGES),
        ("model_request", MESSAGES),
        ("tool_call", ToolCall("c", "f", "{}")),
        ("tool_result", "x"),
        ("output", "x"),
    ],
)
def test_what_passes_a_processor_is_the_same_on_the_other_side(phase: str, value: Any) -> None:
    assert wire.decode_passing(phase, wire.loads(wire.dumps(value))) == value


def test_what_a_processor_answers_must_fit_its_phase() -> None:
    for phase, data in [("output", 1), ("input", "text"), ("tool_call", {"id": "x"}), ("lunch", "x")]:
        with pytest.raises(InputError):
            wire.decode_passing(phase, data)


def test_a_context_tells_who_calls_and_no_more() -> None:
    context = ToolContext("r", "a", "c", "t", Principal("me", "acme", frozenset({"*"})))
    told = wire.encode_context(context)
    assert told == {
        "run_id": "r",
        "agent": "a",
        "call_id": "c",
        "thread_id": "t",
        "tenant": "acme",
        "subject": "me",
    }
    back = wire.decode_context(told)
    assert (back.run_id, back.call_id, back.principal) == ("r", "c", Principal("me", "acme"))
    assert wire.decode_run(told) == RunInfo("r", "a", "t", Principal("me", "acme"))


def test_a_tenant_cannot_be_made_up_of_two() -> None:
    with pytest.raises(InputError, match="no principal"):
        wire.decode_context({"tenant": "a/b"})


# --- events


def test_every_event_crosses() -> None:
    found = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, Event)]
    batch = tuple(c("run", 1, 2.0) for c in found)
    assert wire.decode_events(wire.loads(wire.dumps(batch))) == batch


def test_events_cross_with_what_is_inside_of_them() -> None:
    batch = (
        RunCompleted("r", usage=Usage(1, 2)),
        RunSuspended(pending=(Pending("c", "t", {"x": 1}),)),
        ToolReturned("r", error=True, duration=0.25),
    )
    assert wire.decode_events(wire.loads(wire.dumps(batch))) == batch


def test_an_unknown_event_keeps_all_it_said() -> None:
    data = {"type": "moon.rose", "run_id": "r", "seq": 3, "at": 1.0, "phase": "full"}
    (event,) = wire.decode_events([data])
    assert (event.run_id, event.seq, event.to_json()) == ("r", 3, data)


# --- errors


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ToolError("no such city", hint="try Ulm"), "invalid-input"),
        (InputError("x"), "invalid-input"),
        (PermissionDeniedError("x", hint="grant it"), "denied"),
        (BlockedError("x"), "blocked"),
        (ConflictError("x"), "conflict"),
        (StorageError("x"), "unavailable"),
        (ModelRateLimitError("slow down", retryable=True, retry_after=3.0), "limit"),
        (ModelUnavailableError("down", retryable=True), "unavailable"),
        (ContextLengthError("too long"), "invalid-input"),
    ],
)
def test_an_error_is_the_same_on_the_other_side(error: LumosError, code: str) -> None:
    data = json.loads(json.dumps(encode_error(error)))
    back = decode_error(data)
    assert data["code"] == code
    assert type(back) is type(error)
    assert vars(back) == vars(error)


def test_an_accident_is_told_in_one_line() -> None:
    assert encode_error(ValueError("bad\nsecond line")) == {"code": "internal", "message": "ValueError: bad"}
    assert encode_error(KeyError()) == {"code": "internal", "message": "KeyError"}
    assert len(encode_error(ValueError("x" * 100_000))["message"]) <= MAX_MESSAGE


def test_errors_without_a_class_of_ours_keep_their_kind() -> None:
    back = decode_error(encode_error(NotFoundError("thing", "x")))
    assert isinstance(back, FarError)
    assert back.kind == "not-found"
    assert encode_error(FarError("timeout", "x"))["code"] == "timeout"


@pytest.mark.parametrize("data", [None, "boom", {"code": "made-up"}, {"code": ["internal"]}, {"message": "x"}])
def test_what_is_no_error_is_one_all_the_same(data: Any) -> None:
    assert isinstance(decode_error(data), FarError)


def test_an_errors_fields_are_not_believed() -> None:
    data = {"code": "limit", "message": 5, "retry_after": 1e300, "hint": {}, "type": ["x"]}
    back = decode_error(data)
    assert isinstance(back, FarError)
    assert (back.message, back.hint, back.retry_after) == ("5", None, None)
