"""One question to a DNS server: the TXT records of a name (RFC 1035), over TCP, where an answer is hard to forge."""

from __future__ import annotations

import asyncio
import secrets
from ipaddress import ip_address
from pathlib import Path

_TXT, _IN = 16, 1
_SECONDS = 5.0
_MOST = 16 * 1024
_PORT = 53
_RESPONSE, _TRUNCATED, _CODE = 0x8000, 0x0200, 0x000F
_POINTER = 0xC0
_HEADER = 12


async def query(name: str, server: str = "") -> list[str]:
    """Return the texts of a name's TXT records, none when it has none. Raises OSError, TimeoutError, ValueError.

    *server* is ``ADDRESS`` or ``ADDRESS:PORT``; without, the system's first (``/etc/resolv.conf``).
    """
    host, port = _address(server or _system())
    number = secrets.randbelow(1 << 16)
    question = _question(name)
    sent = number.to_bytes(2) + b"\x01\x00" + b"\x00\x01" + bytes(6) + question
    async with asyncio.timeout(_SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(len(sent).to_bytes(2) + sent)
            await writer.drain()
            length = int.from_bytes(await reader.readexactly(2))
            if length > _MOST:
                raise ValueError("the answer is too long")
            return _answers(await reader.readexactly(length), number, question)
        finally:
            writer.close()


def _system() -> str:
    for line in Path("/etc/resolv.conf").read_text(errors="replace").splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == "nameserver":
            return words[1]
    raise OSError("/etc/resolv.conf names no server")


def _address(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    if not colon or ":" in host:  # an IPv6 address is written without a port
        host, port = server, str(_PORT)
    return str(ip_address(host)), int(port)


def _question(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".")]
    if not all(0 < len(label) < 64 for label in labels):  # noqa: PLR2004 - RFC 1035 section 2.3.4
        raise ValueError("not a name")
    packed = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return packed + _TXT.to_bytes(2) + _IN.to_bytes(2)


def _answers(data: bytes, number: int, question: bytes) -> list[str]:
    if len(data) < _HEADER or int.from_bytes(data[:2]) != number:
        raise ValueError("not the answer")
    flags, asked, answered = (int.from_bytes(data[i : i + 2]) for i in (2, 4, 6))
    if not flags & _RESPONSE or flags & _TRUNCATED or asked != 1:
        raise ValueError("not an answer")
    if data[_HEADER : _HEADER + len(question)].lower() != question.lower():
        raise ValueError("an answer to another question")
    if code := flags & _CODE:
        if code == 3:  # noqa: PLR2004 - RFC 1035 section 4.1.1: there is no such name
            return []
        raise ValueError(f"the server answers with the error {code}")
    return _records(data, _HEADER + len(question), answered)


def _records(data: bytes, at: int, number: int) -> list[str]:
    found = []
    for _ in range(number):
        at = _skip_name(data, at)
        kind, family = int.from_bytes(data[at : at + 2]), int.from_bytes(data[at + 2 : at + 4])
        length = int.from_bytes(data[at + 8 : at + 10])
        begin, at = at + 10, at + 10 + length
        if at > len(data):
            raise ValueError("the answer is cut off")
        if (kind, family) == (_TXT, _IN):
            found.append(_text(data[begin:at]))
    return found


def _skip_name(data: bytes, at: int) -> int:
    """Return where a name ends; pointers are not followed, since nobody needs what they point to."""
    while True:
        if at >= len(data):
            raise ValueError("the answer is cut off")
        length = data[at]
        if length >= _POINTER:
            return at + 2
        at += 1 + length
        if not length:
            return at


def _text(data: bytes) -> str:
    """Join the strings of one record."""
    out, at = b"", 0
    while at < len(data):
        out += data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
    return out.decode(errors="replace")
