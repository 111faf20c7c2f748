"""What the Python client does with answers that are wrong, late or hostile; the network is played."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from lumosai.client import (
    AnswerError,
    Client,
    ConnectionFailedError,
    NotAsExpectedError,
    ProblemError,
    Retries,
    ServiceError,
    StreamFailedError,
    TooManyRequestsError,
    UnavailableError,
    etag,
)
from lumosai.client.request import segments
from lumosai.client.retry_after import seconds

RUN = {"run_id": "run_1", "agent": "echo", "status": "completed", "text": "hi", "steps": 1, "messages": []}
Reply = httpx2.Response | Exception


class Service:
    """Answers one request after the other with what it was given."""

    def __init__(self, *replies: Reply) -> None:
        self._replies = iter(replies)
        self.asked: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        reply = next(self._replies)
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, **options: Any) -> Client:
        return Client("http://127.0.0.1:1", transport=httpx2.MockTransport(self), **options)


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits, none of which is waited."""
    out: list[float] = []
    monkeypatch.setattr(time, "sleep", out.append)
    return out


def problem(status: int, code: str, *, after: str | None = None, **more: Any) -> httpx2.Response:
    body = {"type": f"urn:lumosai:problem:{code}", "title": "T", "status": status, "detail": "d", "code": code, **more}
    return httpx2.Response(status, json=body, headers={} if after is None else {"retry-after": after})


def stream(*events: Any, broken: bool = False) -> httpx2.Response:
    def pieces() -> Iterator[bytes]:
        for event in events:
            yield f"event: {event['type']}\nid: {event['seq']}\ndata: {json.dumps(event)}\n\n".encode()
        if broken:
            yield b"event: run.compl"
            raise httpx2.ReadError("cut")

    return httpx2.Response(200, content=pieces(), headers={"content-type": "text/event-stream"})


def event(seq: int, kind: str = "model.started") -> dict[str, Any]:
    return {"type": kind, "seq": seq, "run_id": "run_1", "at": 0.0}


# --- again


def test_what_is_refused_for_now_is_asked_again_when_the_service_says(waits: list[float]) -> None:
    refusals = [problem(429, "too_many_requests", after="2"), problem(503, "storage", after="5", run_id="run_1")]
    service = Service(*refusals, problem(409, "request_under_way", after="1"), httpx2.Response(200, json=RUN))
    assert service.client().start_run("echo", input="x")["text"] == "hi"
    assert [2 <= waits[0] < 2.4, 5 <= waits[1] < 5.7, 1 <= waits[2] < 1.3] == [True] * 3
    keys = {r.headers["idempotency-key"] for r in service.asked}
    assert len(keys) == 1
    assert len({r.content for r in service.asked}) == 1


def test_each_request_has_a_key_of_its_own_unless_one_is_given() -> None:
    service = Service(*[httpx2.Response(200, json=RUN) for _ in range(3)])
    client = service.client()
    client.start_run("echo", input="x")
    client.start_run("echo", input="x")
    client.start_run("echo", input="x", idempotency_key="mine")
    keys = [r.headers["idempotency-key"] for r in service.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"
    assert json.loads(service.asked[2].content) == {"input": "x"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            problem(503, "model_unavailable", after="5", run_id="run_1"),
            UnavailableError,
        ),  # the run was made, and failed
        (problem(429, "limit_exceeded", run_id="run_1"), TooManyRequestsError),
        (problem(429, "too_many_requests", after="3600"), TooManyRequestsError),
        (problem(500, "error"), ServiceError),
        (problem(409, "conflict"), ProblemError),
    ],
)
def test_what_would_not_help_is_not_done(reply: httpx2.Response, kind: type[ProblemError], waits: list[float]) -> None:
    with pytest.raises(kind):
        Service(reply).client().start_run("echo", input="x")
    assert waits == []


def test_there_is_an_end_to_trying(waits: list[float]) -> None:
    service = Service(*[problem(503, "stopping") for _ in range(3)])
    with pytest.raises(UnavailableError):
        service.client(retries=Retries(2)).list_runs()
    assert len(service.asked) == 3
    assert 0 < waits[0] < waits[1] * 4 < 4


def test_a_broken_connection_repeats_only_what_may_come_twice() -> None:
    broken = httpx2.ReadError("cut")
    service = Service(broken, httpx2.Response(200, json=RUN), broken, httpx2.ConnectError("no"), broken)
    client = service.client()
    client.start_run("echo", input="x")  # it has a key
    with pytest.raises(ConnectionFailedError, match="POST /v1/runs/r/cancel: ReadError: cut"):
        client.cancel_run("r")
    with pytest.raises(ConnectionFailedError):  # what never arrived is sent again, what may have is not
        client.cancel_run("r")
    assert len(service.asked) == 5


# --- hostile


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_an_id_is_never_another_path(name: str) -> None:
    with pytest.raises(ValueError, match="is no id"):
        Service().client().get_run(name)


def test_ids_are_one_segment_and_paths_stay_below() -> None:
    service = Service(*[httpx2.Response(200, json={})] * 2)
    client = service.client()
    client.get_model("local/x?y#z%2e")
    client.get_plugin_route("p", "a b/c")
    assert [r.url.raw_path for r in service.asked] == [b"/v1/models/local%2Fx%3Fy%23z%252e", b"/plugins/p/a%20b/c"]
    for path in ("../v1/agents", "a/../b", "a/./b"):
        with pytest.raises(ValueError, match="leads elsewhere"):
            segments(path)


def test_a_redirect_takes_the_key_nowhere() -> None:
    service = Service(httpx2.Response(307, headers={"location": "http://elsewhere.example/"}))
    with pytest.raises(ProblemError, match="307"):
        service.client(api_key="k").list_runs()
    assert len(service.asked) == 1


@pytest.mark.parametrize("address", ["http://lumos.example", "http://127.0.0.1.example", "http://10.0.0.7:80"])
def test_a_key_goes_in_the_clear_to_this_machine_only(address: str) -> None:
    with pytest.raises(ValueError, match="https"):
        Client(address, api_key="k")
    Client(address, api_key="k", insecure=True).close()
    Client("https://lumos.example", api_key="k").close()


@pytest.mark.parametrize(
    "address", ["ftp://x", "lumos.example", "http://u:secret@localhost", "http://localhost/?key=secret", "http://"]
)
def test_an_address_that_cannot_be_used_is_not_repeated(address: str) -> None:
    with pytest.raises(ValueError, match="base_url") as told:
        Client(address)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("body", [b"<html>", b"", b"[" * 100_000])
def test_an_answer_that_is_not_json_is_told(body: bytes) -> None:
    with pytest.raises(AnswerError, match="is this the address"):
        Service(httpx2.Response(200, content=body)).client().list_runs()


@pytest.mark.parametrize("body", [b"<html>busy", b"[1]", b'{"error": 1}', b'{"detail": 7, "errors": {"a": 1}}'])
def test_an_error_of_something_in_between_is_told(body: bytes) -> None:
    with pytest.raises(ServiceError) as told:
        Service(httpx2.Response(502, content=body, headers={"x-request-id": "req_1"})).client().list_runs()
    assert (told.value.code, told.value.request_id, told.value.errors) == ("http_502", "req_1", ())


@pytest.mark.parametrize(
    ("text", "found"), [("7", 7.0), ("", None), ("soon", None), ("9" * 30, None), ("-1", None), ("\u0661", None)]
)
def test_a_wait_that_says_nothing_is_none(text: str, found: float | None) -> None:
    assert seconds(text) == found


# --- tags


def test_an_answer_s_tag_goes_with_the_change() -> None:
    service = Service(httpx2.Response(200, json={"config": {}}, headers={"etag": '"a"'}), problem(412, "changed"))
    client = service.client()
    found = client.get_config()
    with pytest.raises(NotAsExpectedError):
        client.update_config(if_match=etag(found) or "", limits={"steps": 7})
    assert service.asked[1].headers["if-match"] == '"a"'
    assert etag({}) is None


# --- streams


def test_a_run_is_followed_over_broken_connections() -> None:
    service = Service(
        stream(event(1, "run.started"), event(2), broken=True),
        httpx2.ConnectError("no"),
        stream(event(2), event(3), event(4), broken=True),
        stream(event(4), event(5), event(6, "run.completed")),
    )
    found = list(service.client(retries=Retries(0)).follow_run("run_1"))
    assert [e["seq"] for e in found] == [1, 2, 3, 4, 5, 6]
    assert [r.url.params["after"] for r in service.asked] == ["0", "2", "2", "4"]


def test_a_stream_that_ends_is_asked_for_again_while_the_run_goes_on() -> None:
    running, stopped = ({**RUN, "status": status} for status in ("running", "interrupted"))
    service = Service(
        stream(event(1)),
        httpx2.Response(200, json=running),
        stream(event(2)),
        httpx2.Response(200, json=stopped),
    )
    assert [e["seq"] for e in service.client().follow_run("run_1")] == [1, 2]


def test_a_service_that_does_not_come_back_is_given_up(waits: list[float]) -> None:
    service = Service(stream(event(1), broken=True), *[httpx2.ConnectError("no")] * 3)
    with pytest.raises(ConnectionFailedError):
        list(service.client(retries=Retries(0)).follow_run("run_1", attempts=3))
    assert len(waits) == 3


def test_an_error_event_is_raised() -> None:
    failed = b'event: error\ndata: {"code": "stream_ended", "message": "too slow", "hint": "read"}\n\n'
    headers = {"content-type": "text/event-stream", "x-lumos-run": "run_1"}
    service = Service(httpx2.Response(200, content=failed, headers=headers))
    with service.client().start_run_stream("echo", input="x") as events, pytest.raises(StreamFailedError) as told:
        list(events)
    assert (told.value.code, told.value.run_id, told.value.hint) == ("stream_ended", "run_1", "read")


@pytest.mark.parametrize("body", [b"data: {\n\n", b"data: " + b"x" * 20_000_000 + b"\n\n"])
def test_a_stream_that_is_none_is_told(body: bytes) -> None:
    service = Service(httpx2.Response(200, content=body, headers={"content-type": "text/event-stream"}))
    with (
        service.client().start_run_stream("echo", input="x") as events,
        pytest.raises((AnswerError, ConnectionFailedError)),
    ):
        list(events)


# --- light


def test_importing_it_imports_nothing_of_the_host_nor_the_http_library() -> None:
    code = "import sys, lumosai.client; print(*sorted({m.partition('.')[0] for m in sys.modules}))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fastapi", "pydantic", "pydantic_settings", "httpx2", "aiohttp", "lumosai_sdk"} & set(names)
    code = "import sys, lumosai.client; print(*(m for m in sys.modules if m.startswith('lumosai.')))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert [n for n in names if not n.startswith("lumosai.client")] == ["lumosai.version"]
