"""What is no HTTP/1.1, addresses that mean another place, and answers that callers try to write."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json

import pytest
from tests.attacks.gateway.wire import CLOSE, HOST, Target

END = b" HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"


@pytest.mark.parametrize(
    "start",
    [
        b"GET /healthz\r\n\r\n",
        b"GET /healthz HTTP/2.0\r\n" + HOST + b"\r\n",
        b"GET /healthz HTTP/1.2\r\n" + HOST + b"\r\n",
        b"GET /healthz HTTP/9.9\r\n" + HOST + b"\r\n",
        b"GET /healthz HTTP/1.1\nHost: localhost\n\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 200,
        b"\x05\x01\x00",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
        b"NONSENSE /healthz HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET\t/healthz\tHTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /healthz\0 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET http:// HTTP/1.1\r\n" + HOST + b"\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    ],
)
def test_what_is_no_http_1_is_told_so_once_and_hung_up_on(target: Target, start: bytes) -> None:
    answer = target.one(start)
    assert answer.status == 400
    problem = json.loads(answer.body)
    assert (problem["status"], problem["code"]) == (400, "bad_request")
    assert b"connection: close" in answer.head


@pytest.mark.parametrize("place", [b"evil.example", b"localhost@evil.example", b"127.0.0.1.evil.example", b"[::2]:80"])
@pytest.mark.parametrize("scheme", [b"http", b"HTTPS", b"ftp"])
def test_an_address_that_names_another_place_is_believed_before_the_host(
    target: Target, place: bytes, scheme: bytes
) -> None:
    assert target.one(b"GET " + scheme + b"://" + place + b"/v1/agents" + END).status == 403


def test_an_address_may_name_this_place(target: Target) -> None:
    assert target.one(b"GET http://127.0.0.1:1/v1/agents" + END).status == 200
    assert target.one(b"GET http://localhost?/v1/agents" + END).status == 400


@pytest.mark.parametrize("name", [b"X-HTTP-Method-Override", b"X-HTTP-Method", b"X-Method-Override"])
def test_a_method_is_what_the_request_says_first(target: Target, name: bytes) -> None:
    answer = target.one(b"GET /v1/plugins/time/disable" + END[:-2] + name + b": POST\r\n\r\n")
    assert answer.status == 405
    assert target.one(b"GET /v1/plugins/time/disable?_method=POST" + END).status == 405


@pytest.mark.parametrize("name", [b"X-Original-URL", b"X-Rewrite-URL", b"X-Forwarded-Prefix"])
def test_a_path_is_what_the_request_says_first(target: Target, name: bytes) -> None:
    answer = target.one(b"GET /v1/nothing" + END[:-2] + name + b": /v1/agents\r\n\r\n")
    assert answer.status == 404


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"PURGE", b"PROPFIND", b"OPTIONS"])
def test_methods_that_nobody_serves_echo_nothing(target: Target, method: bytes) -> None:
    answer = target.one(method + b" /v1/agents" + END[:-2] + b"X-Secret: mirrored\r\n\r\n")
    assert answer.status == 405
    assert b"mirrored" not in answer.head + answer.body


CRLF = "%0d%0aX-Evil:%20yes%0d%0a%0d%0a<script>"


@pytest.mark.parametrize(
    "target_",
    [
        f"/plugins/p/files/x?to={CRLF}",
        f"/v1/runs/{CRLF}",
        f"/v1/agents/{CRLF}",
        f"/v1/runs?cursor={CRLF}&limit=1",
        f"/v1/runs/x/events?after={CRLF}",
        f"/{CRLF}",
        f"/v1/runs?agent={CRLF}",
    ],
)
def test_no_caller_writes_the_head_of_its_answer(target: Target, target_: str) -> None:
    for answer in target.answers(b"GET " + target_.encode() + END):
        assert b"x-evil" not in answer.head
        assert answer.status in {200, 404, 422, 502}


def test_an_id_of_a_request_that_is_none_is_not_sent_back(target: Target) -> None:
    for text in (b"a\tb", b"short", b"x" * 65, b"good-id-1, x-evil: y", b"<script>", b"\xff" * 8):
        answer = target.one(b"GET /v1/agents" + END[:-2] + b"X-Request-ID: " + text + b"\r\n\r\n")
        assert b"x-request-id: req_" in answer.head


@pytest.mark.parametrize("coding", [b"gzip", b"br", b"zstd", b"deflate", b"identity, gzip", b"x-gzip", b"GZIP"])
def test_nothing_is_unpacked(target: Target, coding: bytes) -> None:
    head = b"POST /v1/agents/echo/runs" + END[:-2] + b"Content-Type: application/json\r\nContent-Encoding: " + coding
    assert target.one(head + b"\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00").status == 415


@pytest.mark.parametrize(
    "path",
    ["..;/..;/secret", "files/..;", "files/..;a=b", "files/.;", "files/%2e%2e;", "files/%252e%252e%252fetc",
     "files/%252e%252e", "files/a%252fb", "files/a%255cb", "files/a%2500", "files/%c0%ae%c0%ae%c0%af", "files/a%00b",
     "files/a%0ab", "files/..%5c", "files/%2e%2e%2f", "files//x", "../v1/agents", "p/../../files/x"],
)  # fmt: skip
def test_no_path_climbs_out_of_a_plugin_however_it_is_written(target: Target, path: str) -> None:
    answer = target.one(b"GET /plugins/p/" + path.encode() + END)
    if "%c0%ae" in path:  # overlong UTF-8 is no dot
        assert b".." not in answer.body
    else:
        assert answer.status == 404


@pytest.mark.parametrize("prefix", ["/docs", "/openapi.json", "/asyncapi.json", "/v1/panels", "/v1/config", "/healthz"])
@pytest.mark.parametrize("climb", ["/../v1/agents", "/..;/v1/agents", "/%2e%2e/v1/agents", "/%2e%2e%2fetc%2fpasswd"])
def test_no_path_climbs_out_of_anything_else(target: Target, prefix: str, climb: str) -> None:
    assert target.one(b"GET " + (prefix + climb).encode() + END).status == 404


def test_an_address_without_end_is_refused(target: Target) -> None:
    for address in (b"/" + b"a" * 50_000, b"/v1/runs?a=" + b"a" * 50_000):
        answer = target.one(b"GET " + address + END)
        assert answer.status == 431
        assert len(answer.body) < 1000


def test_thousands_of_header_fields_are_refused(target: Target) -> None:
    fields = b"".join(b"x-%d: y\r\n" % i for i in range(5000))
    assert target.one(b"GET /healthz" + END[:-2] + fields + b"\r\n").status == 431


@pytest.mark.parametrize(
    "body",
    [b'{"input": ' + b"9" * 50_000 + b"}", b'{"input": "' + b"\\ud800" * 1000 + b'"}', b'{"input": "x"}' * 100,
     b"[" * 90_000, b'{"a":' * 15_000, b'{"input": "x", "metadata": {"a": -Infinity}}', b"\xed\xa0\x80",
     b'{"input": "x", "input": ["y"]}', b'"' + b"\\" * 90_001],
)  # fmt: skip
def test_json_that_is_a_bomb_is_refused_at_once(target: Target, body: bytes) -> None:
    head = b"POST /v1/agents/echo/runs" + END[:-2] + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    assert target.one(head % len(body) + body).status in {400, 422}
