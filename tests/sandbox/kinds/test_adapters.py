"""What a guest answers is a stranger's word: nothing but what has the right form gets through, and it is told whose."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import json
from collections import deque
from collections.abc import AsyncIterator
from typing import Any

import pytest

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.kinds import adapt
from lumosai_sandbox.kinds.base import MAX_TEXT
from lumosai_sandbox.kinds.monitor import MAX_BATCH
from lumosai_sandbox.limits import Limits
from lumosai_sdk.errors import (
    BlockedError,
    ConflictError,
    ContextLengthError,
    InputError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
    PermissionDeniedError,
    PluginError,
    PluginLoadError,
    StorageError,
    ToolError,
)
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import RunStarted
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, ModelRequest
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.storage import RunFilter
from lumosai_sdk.types.tools import ToolContext
from lumosai_sdk.wireerrors import FarError

WRONG = ["", "{", "[1, 2", '"\\ud800"', "NaN", "1e999", "[" * 100_000, "\x00"]
REQUEST = ModelRequest("m", [Message.user("hi")], timeout=7.0)
CALL = {"url": "https://x.example/", "body": "{}"}


class Guest:
    """A plugin whose answers are written down before; it keeps what it was asked."""

    name = "p"
    limits = Limits()

    def __init__(self, *answers: Any) -> None:
        self.answers = deque(answers)
        self.hosts: deque[Any] = deque()
        self.asked: list[tuple[Any, ...]] = []
        self.callers: list[Caller] = []
        self.forgotten: list[Caller] = []
        self.gone = 0

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        self.asked.append((export, *texts))
        self.callers.append(caller)
        return _next(self.answers)

    async def ours(self) -> bool:
        return True

    async def ask(self, function: str, *texts: str, caller: Caller) -> str:
        self.asked.append((function, *texts))
        self.callers.append(caller)
        return _next(self.hosts)

    async def forget(self, caller: Caller) -> None:
        self.forgotten.append(caller)

    async def let_go(self, holder: object) -> None:
        self.gone += 1


def _next(answers: deque[Any]) -> str:
    answer = answers.popleft()
    if isinstance(answer, Exception):
        raise answer
    return answer if isinstance(answer, str) else json.dumps(answer)


def made(kind: str, guest: Guest, **more: Any) -> Any:
    schema = {"input_schema": {"type": "object"}} if kind == "tool" else {}
    return adapt(kind, guest, {"id": "p.x", "target": "x", **schema, **more})


# --- tools


@pytest.mark.parametrize("answer", WRONG)
async def test_a_tool_that_answers_with_no_json_fails(answer: str) -> None:
    with pytest.raises(PluginError, match="'p'") as failed:
        await made("tool", Guest(answer)).call({}, ToolContext())
    assert failed.value.plugin == "p"


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("invalid-input", ToolError),
        ("not-found", ToolError),
        ("conflict", ToolError),
        ("limit", ToolError),
        ("timeout", ToolError),
        ("unavailable", ToolError),
        ("denied", PermissionDeniedError),
        ("blocked", BlockedError),
        ("internal", PluginError),
    ],
)
async def test_a_tools_errors(kind: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="why") as told:
        await made("tool", Guest(GuestError(kind, "why", hint="so"))).call({}, ToolContext())
    assert type(told.value) is error
    assert getattr(told.value, "hint", None) == "so"


async def test_a_tool_is_told_who_calls_and_its_host_whom_to_hold_to_account() -> None:
    guest = Guest("1", "1")
    context = ToolContext("r", "a", "c", "t", Principal("ann", "acme", frozenset({"s"})), callers=("outer",))
    tool = made("tool", guest)
    await tool.call({"x": 1}, context)
    await tool.call({"x": 1}, context)
    export, name, arguments, told = guest.asked[0]
    assert (export, name, json.loads(arguments)) == ("tool.call", "p.x", {"x": 1})
    assert json.loads(told) == {
        "run_id": "r", "agent": "a", "call_id": "c", "thread_id": "t", "tenant": "acme", "subject": "ann"
    }  # fmt: skip
    caller = guest.callers[0]
    assert (caller.tenant, caller.subject, caller.chain) == ("acme", "ann", ("outer", "p"))
    assert caller.scopes == {"s"}
    assert guest.callers[0] != guest.callers[1], "what is kept for one call is not another's"


async def test_a_tool_is_not_handed_more_than_its_limit() -> None:
    guest = Guest()
    with pytest.raises(ToolError, match="larger than 65536"):
        await made("tool", guest).call({"x": "y" * 70_000}, ToolContext())
    assert guest.asked == []


# --- steps, processors


@pytest.mark.parametrize(
    ("kind", "error"),
    [("invalid-input", InputError), ("conflict", ConflictError), ("blocked", BlockedError), ("internal", PluginError),
     ("denied", PermissionDeniedError), ("timeout", PluginError)],
)  # fmt: skip
async def test_a_steps_errors(kind: str, error: type[Exception]) -> None:
    with pytest.raises(error) as told:
        await made("step", Guest(GuestError(kind, "why"))).run({}, RunInfo())
    assert type(told.value) is error


async def test_a_value_that_is_too_large_or_no_json_is_refused_before_the_guest_sees_it() -> None:
    for bad in ("x" * (MAX_TEXT + 1), object(), float("nan")):
        with pytest.raises(InputError):
            await made("step", Guest()).run(bad, RunInfo())


@pytest.mark.parametrize(
    "error", [GuestError("internal", "x"), GuestError("timeout", "x"), GuestError("not-found", "x")]
)
async def test_a_guard_that_fails_lets_nothing_pass(error: GuestError) -> None:
    with pytest.raises(PluginError):
        await made("processor", Guest(error), phases=["output"]).process("output", "text", RunInfo())


@pytest.mark.parametrize(
    ("phase", "answer"),
    [("output", 5), ("output", None), ("output", {"x": 1}), ("input", "text"), ("input", [{"role": "boss"}]),
     ("input", [5]), ("tool_call", {"id": "x"}), ("tool_call", []), ("tool_result", ["x"])],
)  # fmt: skip
async def test_a_processor_that_changes_the_type_fails(phase: Any, answer: Any) -> None:
    with pytest.raises(PluginError, match="not to be used"):
        await made("processor", Guest(answer), phases=[phase]).process(phase, (), RunInfo())


async def test_a_processor_passes_on_what_it_changed_and_blocks_in_words() -> None:
    call = ToolCall("c", "name", "{}")
    guest = Guest(call.to_json(), GuestError("blocked", "rude"))
    processor = made("processor", guest, phases=["tool_call"])
    assert await processor.process("tool_call", call, RunInfo()) == call
    with pytest.raises(BlockedError, match="rude"):
        await processor.process("tool_call", call, RunInfo())


def test_a_processor_without_phases_is_refused() -> None:
    with pytest.raises(PluginLoadError, match="no phases"):
        made("processor", Guest())


# --- stores


@pytest.mark.parametrize(
    ("method", "arguments", "answer"),
    [
        ("get_thread", ("t",), {"title": "no id"}),
        ("get_thread", ("t",), {"id": 5}),
        ("get_run", ("r",), {"id": "r", "agent": "a", "status": "unheard of"}),
        ("list_threads", (), {}),
        ("list_runs", (RunFilter(),), [None]),
        ("messages", ("t",), [{"role": "user", "content": {"x": 1}}]),
        ("delete_thread", ("t",), "yes"),
        ("replace_run", (None, None), 1),
        ("kv_add", ("n", "k", 1), 1),
        ("kv_keys", ("n",), [1]),
        ("purge", (1.0,), "many"),
        ("flush", (), 5),
        ("events", ("r",), ["x"]),
    ],
)
async def test_a_store_that_answers_in_the_wrong_form_fails(method: str, arguments: Any, answer: Any) -> None:
    with pytest.raises(PluginError, match=r"'p'.*not to be used"):
        await getattr(made("storage", Guest(answer)), method)(*arguments)


async def test_a_stores_errors_and_what_it_cannot_be_given() -> None:
    guest = Guest(GuestError("invalid-input", "no"), GuestError("unavailable", "full"), GuestError("internal", "bug"))
    storage = made("storage", guest)
    for error in (InputError, StorageError, StorageError):
        with pytest.raises(error):
            await storage.kv_set("n", "k", 1)
    for bad in ({1, 2}, b"x", float("inf"), "\ud800", "x" * (MAX_TEXT + 1)):
        with pytest.raises(InputError):
            await storage.kv_set("n", "k", bad)
    assert len(guest.asked) == 3


async def test_a_store_is_closed_once_and_lets_go_even_if_it_fails() -> None:
    guest = Guest(GuestError("internal", "bug"))
    storage = made("storage", guest)
    with pytest.raises(StorageError):
        await storage.aclose()
    await storage.aclose()
    assert guest.gone == 1


# --- monitors


async def test_large_batches_are_divided_and_a_huge_event_is_cut() -> None:
    guest = Guest(*["null"] * 10)
    monitor = made("monitor", guest)
    await monitor.export([RunStarted(input="x" * 400_000) for _ in range(5)] + [RunStarted(input="y" * 5_000_000)])
    sizes = [len(asked[2]) for asked in guest.asked]
    assert len(sizes) == 3
    assert max(sizes) <= MAX_BATCH + 2
    assert sum(len(json.loads(asked[2])) for asked in guest.asked) == 6


async def test_a_monitor_that_was_told_nothing_is_not_begun_in_order_to_be_closed() -> None:
    guest = Guest("null", "null")
    await made("monitor", guest).aclose()
    assert (guest.asked, guest.gone) == ([], 1)
    monitor = made("monitor", guest)
    await monitor.export([RunStarted()])
    await monitor.aclose()
    await monitor.aclose()
    assert [a[0] for a in guest.asked] == ["monitor.take", "monitor.close"]
    assert guest.gone == 2


# --- providers


def answer(**more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop", **more}


@pytest.mark.parametrize(
    "bad",
    [
        [],
        {"message": 5},
        answer(finish_reason="bored"),
        answer(message={"role": "user", "content": "x"}),
        answer(usage={"input_tokens": -5}),
        answer(usage={"output_tokens": 10**30}),
        answer(usage={"cost": -1}),
        answer(model=5),
    ],
)
async def test_a_response_in_the_wrong_form_fails(bad: Any) -> None:
    with pytest.raises(PluginError, match="not to be used"):
        await made("provider", Guest({"answer": bad})).complete(REQUEST)


@pytest.mark.parametrize("bad", [5, {}, {"url": 5}, {"url": "x", "headers": []}, {"url": "x", "timeout": "long"}])
async def test_a_request_in_the_wrong_form_fails(bad: Any) -> None:
    with pytest.raises(PluginError, match="not to be used"):
        await made("provider", Guest(bad)).complete(REQUEST)


@pytest.mark.parametrize("bad", [[{"id": ""}], [{"id": "a"}, {"id": "a"}], {}, [{"id": "a", "capabilities": ["fly"]}]])
async def test_models_in_the_wrong_form_fail(bad: Any) -> None:
    with pytest.raises(PluginError, match="not to be used"):
        await made("provider", Guest({"answer": bad})).models()


@pytest.mark.parametrize("bad", [[[1.0]], [[1.0], [1.0, 2.0]], [["x"], ["y"]], [[1.0]] * 3, 5])
async def test_vectors_in_the_wrong_form_fail(bad: Any) -> None:
    provider = made("provider", Guest({"answer": {"vectors": bad}}), capabilities=["embedding"])
    with pytest.raises(PluginError, match="not to be used"):
        await provider.embed(EmbeddingRequest("m", ["a", "b"]))


def test_a_provider_has_the_methods_of_what_it_offers() -> None:
    chat, both = made("provider", Guest()), made("provider", Guest(), capabilities=["chat", "embedding"])
    embeds = made("provider", Guest(), capabilities=["embedding"])
    has = [(hasattr(p, "complete"), hasattr(p, "embed")) for p in (chat, embeds, both)]
    assert has == [(True, False), (False, True), (True, True)]


async def test_the_host_asks_under_a_caller_of_its_own_and_lets_go() -> None:
    guest = Guest(CALL, answer())
    guest.hosts.append({"status": 200, "url": "", "headers": {}, "body": "{}"})
    response = await made("provider", guest).complete(REQUEST)
    assert response.message.text == "hi"
    assert [a[0] for a in guest.asked] == ["provider.prepare", "http.fetch", "provider.parse"]
    assert json.loads(guest.asked[1][1])["timeout"] == 7.0
    assert guest.forgotten == [guest.callers[1]]
    assert len(set(guest.callers)) == 3


@pytest.mark.parametrize(
    ("status", "headers", "error", "retryable", "wait"),
    [
        (429, {"retry-after": "7"}, ModelRateLimitError, True, 7.0),
        (503, {}, ModelUnavailableError, True, None),
        (501, {}, ModelUnavailableError, False, None),
        (408, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, ModelUnavailableError, True, 0.0),
        (401, {}, ModelAuthError, False, None),
        (413, {}, ContextLengthError, False, None),
        (404, {"retry-after": "soon"}, ModelError, False, None),
        (503, {"retry-after": "nan"}, ModelUnavailableError, True, None),
    ],
)
async def test_refusals_are_told_by_their_status_where_the_guest_does_not(
    status: int, headers: dict[str, str], error: Any, retryable: bool, wait: Any
) -> None:
    guest = Guest(CALL, "null")
    guest.hosts.append({"status": status, "url": "", "headers": headers, "body": "x"})
    with pytest.raises(error) as told:
        await made("provider", guest).complete(REQUEST)
    assert type(told.value) is error
    assert (told.value.retryable, told.value.retry_after) == (retryable, wait)


async def test_what_the_guest_says_of_a_refusal_counts_with_the_servers_wait() -> None:
    said = {"code": "limit", "type": "model_rate_limit", "message": "slow down", "retryable": True}
    guest = Guest(CALL, GuestError.parse(json.dumps(said)))
    guest.hosts.append({"status": 429, "url": "", "headers": {"retry-after": "3"}, "body": "x"})
    with pytest.raises(ModelRateLimitError, match="slow down") as told:
        await made("provider", guest).complete(REQUEST)
    assert told.value.retry_after == 3.0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FarError("unavailable", "no route"), ModelUnavailableError),
        (FarError("timeout", "slow"), ModelUnavailableError),
        (FarError("limit", "too large"), ModelResponseError),
        (PermissionDeniedError("not granted"), PermissionDeniedError),
    ],
)
async def test_what_goes_wrong_on_the_way(error: Exception, expected: Any) -> None:
    guest = Guest(CALL)
    guest.hosts.append(error)
    with pytest.raises(expected) as told:
        await made("provider", guest).complete(REQUEST)
    assert type(told.value) is expected
    assert len(guest.forgotten) == 1


def streaming(*answers: Any, pieces: tuple[Any, ...] = ("a", "b", None)) -> Guest:
    guest = Guest(CALL, *answers)
    guest.hosts.append({"handle": "h", "status": 200, "url": "", "headers": {}})
    guest.hosts.extend(json.dumps(p) for p in pieces)
    return guest


async def collected(chunks: AsyncIterator[Any]) -> list[Any]:
    return [c async for c in chunks]


async def test_a_stream_is_read_in_pieces_with_the_guests_state_in_between() -> None:
    guest = streaming(
        {"chunks": [{"text": "1"}], "state": {"n": 1}},
        {"chunks": [{"text": "2"}, {"finish_reason": "stop"}, {"text": "late"}], "state": None},
    )
    chunks = await collected(made("provider", guest).stream(REQUEST))
    assert [(c.text, c.finish_reason) for c in chunks] == [("1", None), ("2", None), ("", "stop")]
    assert [a[2:] for a in guest.asked if a[0] == "provider.parse-chunk"] == [("a", "null"), ("b", '{"n":1}')]
    assert len(guest.forgotten) == 1, "the rest of the answer was given up"


@pytest.mark.parametrize(
    "bad",
    [5, {"chunks": 5}, {"chunks": [{"text": 5}]}, {"chunks": [{"finish_reason": "x"}]}, {"state": "x" * 300_000},
     {"chunks": [{"usage": {"input_tokens": -1}}]}, {"chunks": [{"tool_calls": [{"index": "x"}]}]}],
)  # fmt: skip
async def test_a_piece_in_the_wrong_form_ends_the_stream(bad: Any) -> None:
    guest = streaming(bad)
    with pytest.raises(PluginError, match="not to be used"):
        await collected(made("provider", guest).stream(REQUEST))
    assert len(guest.forgotten) == 1


async def test_a_stream_without_an_end_is_told_as_one_that_broke_off() -> None:
    nothing: dict[str, Any] = {"chunks": [], "state": None}
    with pytest.raises(ModelResponseError, match="broke off"):
        await collected(made("provider", streaming(nothing, nothing, nothing)).stream(REQUEST))
    with pytest.raises(ModelResponseError, match="no end"):
        await collected(made("provider", Guest({"answer": [{"text": "x"}]})).stream(REQUEST))


async def test_a_refused_stream_is_read_to_a_bound_and_told() -> None:
    guest = Guest(CALL, "null")
    guest.hosts.append({"handle": "h", "status": 429, "url": "", "headers": {"retry-after": "2"}})
    guest.hosts.extend(json.dumps("x" * 40_000) for _ in range(5))
    with pytest.raises(ModelRateLimitError) as told:
        await collected(made("provider", guest).stream(REQUEST))
    assert told.value.retry_after == 2.0
    assert len(json.loads(guest.asked[-1][3])["body"]) == 64 * 1024
