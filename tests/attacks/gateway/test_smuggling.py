"""Requests hidden in requests: whatever stood before the service may have seen one where the service sees two."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import pytest
from tests.attacks.gateway.wire import BODY, CHUNKS, CLOSE, HIDDEN, HOST, RUN, Target

CHUNKED = b"Transfer-Encoding: chunked\r\n"
LENGTH = b"Content-Length: 13\r\n"


def test_what_is_meant_well_is_served(target: Target) -> None:
    assert target.one(RUN + CLOSE + LENGTH + b"\r\n" + BODY).status == 200
    assert target.one(RUN + CLOSE + CHUNKED + b"\r\n" + CHUNKS).status == 200
    assert target.one(RUN + CLOSE + CHUNKED + b"\r\nd;a=b\r\n" + BODY + b"\r\n0\r\nX-Trailer: y\r\n\r\n").status == 200
    many = target.answers(RUN + LENGTH + b"\r\n" + BODY + RUN + CLOSE + LENGTH + b"\r\n" + BODY)
    assert [a.status for a in many] == [200, 200]


@pytest.mark.parametrize(
    "coding",
    [b"xchunked", b"gzip, chunked", b"chunked, identity", b"identity", b"chunked\r\nTransfer-Encoding: identity",
     b"chunked\r\nTransfer-Encoding: chunked", b"\x0bchunked", b'"chunked"', b"chunked;q=1", b"chunked, chunked",
     b"gzip\r\nTransfer-Encoding: chunked", b"\r\n chunked"],
)  # fmt: skip
def test_a_body_in_a_coding_that_others_read_otherwise_is_refused(target: Target, coding: bytes) -> None:
    answer = target.one(RUN + b"Transfer-Encoding: " + coding + b"\r\n\r\n", CHUNKS + HIDDEN)
    assert answer.status == 400
    assert b"connection: close" in answer.head


@pytest.mark.parametrize(
    "fields",
    [CHUNKED + LENGTH, LENGTH + CHUNKED, LENGTH + LENGTH, b"Content-Length: 13, 13\r\n", b"Content-Length: +13\r\n",
     b"Content-Length: 0xd\r\n", b"Content-Length: 1_3\r\n", b"Content-Length: 1 3\r\n", b"Content-Length:\r\n",
     b"Content-Length: 99999999999999999999999999\r\n", b"Transfer-Encoding : chunked\r\n", b"Content-Length : 13\r\n",
     b" Content-Length: 13\r\n", b"X: y\r\n Content-Length: 0\r\n" + LENGTH, b"X: y\n" + LENGTH, b"X: y\r" + LENGTH,
     b"X\0: y\r\n" + LENGTH, b"X: a\0b\r\n" + LENGTH, b": y\r\n" + LENGTH, b"nonsense\r\n" + LENGTH,
     b"Content-Length: \xef\xbc\x91\xef\xbc\x93\r\n"],
)  # fmt: skip
def test_a_head_that_others_read_otherwise_is_refused(target: Target, fields: bytes) -> None:
    answer = target.one(RUN + fields + b"\r\n", BODY + HIDDEN)
    assert answer.status == 400
    assert b"application/problem+json" in answer.head
    assert b"connection: close" in answer.head


@pytest.mark.parametrize(
    "chunks",
    [b"-1\r\nx", b"10000000000000001\r\nx", b"0xd\r\n" + BODY + b"\r\n0\r\n\r\n", b"d\n" + BODY + b"\n0\n\n",
     b"d;a\nb\r\n" + BODY + b"\r\n0\r\n\r\n", b"d\r\n" + BODY + b"XX0\r\n\r\n", b"d \r\n" + BODY + b"\r\n0\r\n\r\n",
     b"\r\n" + CHUNKS, b"d\r\n" + BODY + b"\r\n0\r\nContent-Length: 5\r\n\r\n"],
)  # fmt: skip
def test_chunks_that_others_read_otherwise_are_refused(target: Target, chunks: bytes) -> None:
    assert target.one(RUN + CHUNKED + b"\r\n" + chunks + HIDDEN).status == 400


def test_http_1_0_has_no_chunks(target: Target) -> None:
    assert target.one(RUN.replace(b"/1.1", b"/1.0") + CHUNKED + b"\r\n" + CHUNKS).status == 400


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket", b"TLS/1.0", b"anything"])
@pytest.mark.parametrize("length", [b"Content-Length: %d\r\n" % len(HIDDEN), CHUNKED])
@pytest.mark.parametrize("path", [b"POST /v1/agents/echo/runs", b"GET /v1/ws"])
def test_a_body_behind_an_upgrade_is_no_request(target: Target, protocol: bytes, length: bytes, path: bytes) -> None:
    # The parser takes the body for the other protocol's, and what comes after that for the next request.
    head = path + b" HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: " + protocol + b"\r\n" + length
    head += b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    answer = target.one(head, HIDDEN)
    assert answer.status == 400
    assert b"hidden" not in answer.body


def test_who_asks_for_another_protocol_is_answered_in_this_one(target: Target) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
    answer = target.one(b"GET /v1/agents HTTP/1.1\r\n" + HOST + upgrade + b"\r\n" + HIDDEN)
    assert answer.status == 200
    assert b"connection: close" in answer.head


def test_what_comes_after_the_last_request_is_not_served(target: Target) -> None:
    assert target.one(b"GET /v1/agents HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n" + HIDDEN).status == 200


def test_a_body_that_nobody_reads_is_no_request(target: Target) -> None:
    body = b"Content-Length: %d\r\n\r\n" % len(HIDDEN)
    last = b"GET /v1/models HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
    for start in (b"POST /nowhere", b"GET /v1/agents", b"DELETE /v1/agents", b"OPTIONS /v1/agents"):
        told = target.answers(start + b" HTTP/1.1\r\n" + HOST + body, HIDDEN + last)
        assert len(told) == 2
        assert not [a for a in told if b"'hidden'" in a.body]


def test_a_refusal_is_never_taken_for_the_answer_to_an_earlier_request(target: Target) -> None:
    told = target.answers(RUN + LENGTH + b"\r\n" + BODY + b"nonsense\r\n\r\n")
    assert [a.status for a in told] in ([200], [200, 400])


def test_a_flood_of_requests_that_waits_for_no_answer_is_cut(target: Target) -> None:
    ping = b"GET /v1/agents HTTP/1.1\r\n" + HOST + b"\r\n"
    assert len(target.answers(ping * 20 + ping.replace(b"\r\n\r\n", b"\r\n" + CLOSE + b"\r\n"))) == 21
    assert len(target.answers(ping * 2000)) < 2000
    target.alive()
