"""Clients that take their time, and the service's: slow heads, slow bodies, slow readers, and far too many of them."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from tests.attacks.gateway.conftest import SERVER
from tests.attacks.gateway.wire import CLOSE, HOST, RUN, Target, parsed, until_end

from lumosai.gateway import call, protocol, unread

ESTABLISHED = 1
"""Of a connection, as TCP_INFO tells (tcp(7))."""
LARGE = b"GET /plugins/p/large HTTP/1.1\r\n" + HOST


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the service lose its patience while a test looks on."""
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(protocol, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(call, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(unread, "SECONDS", 0.2)


def _dripping(connection: socket.socket, drops: Iterator[bytes]) -> bytes:
    """Send drop after drop until the other side has enough; return what it said."""
    connection.settimeout(0.02)
    with suppress(ConnectionError):
        for drop in drops:
            connection.sendall(drop)
            with suppress(TimeoutError):
                if not connection.recv(1, socket.MSG_PEEK):
                    break
                connection.settimeout(10)
                break
    connection.settimeout(10)
    return until_end(connection)


def _endless(drop: bytes) -> Iterator[bytes]:
    for _ in range(2000):
        yield drop


def test_a_head_that_drips_is_not_waited_for(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST)
        assert _dripping(connection, _endless(b"X: y\r\n")) == b""
    target.alive()


def test_a_body_that_drips_is_not_waited_for(target: Target) -> None:
    for start, drop in (
        (b"Content-Length: 90000\r\n\r\n", b"["),
        (b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n[\r\n"),
    ):
        with target.connect() as connection:
            connection.sendall(RUN + start)
            [answer] = parsed(_dripping(connection, _endless(drop)))
            assert answer.status == 408
            assert b"connection: close" in answer.head
    target.alive()


def test_a_body_that_nobody_asked_for_is_not_read_for_ever(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(b"GET /v1/agents HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        told = parsed(_dripping(connection, _endless(b"1\r\n[\r\n")))
        assert [a.status for a in told] == [200]
    target.alive()


def test_chunks_without_end_are_not_gathered(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(RUN + b"Transfer-Encoding: chunked\r\n\r\n")
        with suppress(ConnectionError):
            for _ in range(200):
                connection.sendall(b"1000\r\n" + b" " * 4096 + b"\r\n")
        said = until_end(connection)
    assert not said or parsed(said)[0].status == 413
    target.alive()


def test_an_idle_connection_is_closed(target: Target) -> None:
    with target.connect() as connection:
        assert until_end(connection) == b""


@pytest.mark.parametrize("start", [b"", b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"])
def test_line_ends_are_no_beginning_of_a_request(target: Target, start: bytes) -> None:
    with target.connect() as connection:
        if start:
            connection.sendall(start)
            assert parsed(connection.recv(65536))[0].status == 200
        assert _dripping(connection, _endless(b"\r\n")) == b""
    target.alive()


@pytest.mark.parametrize("last", [b"", CLOSE])
def test_who_does_not_take_its_answer_loses_the_connection(target: Target, last: bytes) -> None:
    with target.connect(receive_buffer=4096) as connection:
        connection.sendall(LARGE + last + b"\r\n")
        _wait_for_end(connection)


def test_who_takes_its_answer_slowly_gets_all_of_it(target: Target) -> None:
    with target.connect(receive_buffer=65536) as connection:
        connection.sendall(LARGE + CLOSE + b"\r\n")
        connection.settimeout(10)
        assert connection.recv(1000)
        length = len(until_end(connection))
    assert length > 14 * 1024 * 1024


def _wait_for_end(connection: socket.socket) -> None:
    """Return when the system knows that the other side gave up, without reading what it said."""
    for _ in range(1000):
        if connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] != ESTABLISHED:
            return
        time.sleep(0.01)
    raise AssertionError("the service waits for somebody who does not read")


def test_there_is_room_for_so_many_and_those_beyond_are_told(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 20.0)
    with ExitStack() as stack:
        held = [stack.enter_context(target.connect()) for _ in range(SERVER["connections"])]
        answer = parsed(until_end(stack.enter_context(target.connect())))[0]
        assert answer.status == 503
        assert b"retry-after: 5" in answer.head
        assert b"too_many_connections" in answer.body
        held[0].sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
        assert parsed(until_end(held[0]))[0].status == 200
    for _ in range(100):
        with target.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n")
            if parsed(until_end(connection))[0].status == 200:
                return
    raise AssertionError("the room does not come back")
