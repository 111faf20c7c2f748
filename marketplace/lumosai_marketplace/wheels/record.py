"""RECORD: every file of a wheel with its digest, as installers will check it or trust it unchecked."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass

from lumosai_marketplace.wheels.findings import Findings

MAX_BYTES = 2 * 1024 * 1024
_COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Member:
    """A file of a wheel. ``sha256`` is in hexadecimal."""

    path: str
    size: int
    sha256: str


def check(path: str, text: bytes, members: Mapping[str, Member], findings: Findings) -> None:
    """Hold RECORD (at *path*) against the files that there are."""
    rows = _rows(path, text, findings)
    if rows is None:
        return
    for name in sorted(members.keys() - rows.keys()):
        findings.add("record", name, "RECORD does not list it")
    for name, (digest, size) in rows.items():
        if name not in members:
            findings.add("record", name, "RECORD lists it, and it is not there")
        elif name == path:
            if digest or size:
                findings.add("record", name, "RECORD cannot have its own digest")
        elif digest != encoded(members[name].sha256):
            findings.add("record", name, "it does not have the SHA-256 that RECORD says")
        elif size != str(members[name].size):
            findings.add("record", name, "it does not have the size that RECORD says")


def encoded(sha256: str) -> str:
    """Return a digest as RECORD writes it."""
    return "sha256=" + base64.urlsafe_b64encode(bytes.fromhex(sha256)).rstrip(b"=").decode()


def _rows(path: str, text: bytes, findings: Findings) -> dict[str, tuple[str, str]] | None:
    out: dict[str, tuple[str, str]] = {}
    try:
        for row in csv.reader(io.StringIO(text.decode(), newline=""), strict=True):
            if len(row) != _COLUMNS:
                raise ValueError("a row without a path, a digest and a size")
            if row[0] in out:
                raise ValueError(f"two rows for {row[0]!r}")
            out[row[0]] = (row[1], row[2])
    except (ValueError, csv.Error) as e:
        findings.add("record", path, f"it cannot be read: {e}")
        return None
    return out
