"""What is signed: DSSE envelopes around in-toto statements (in-toto Attestation Framework v1) about one wheel.

Two statements a wheel: PyPI's publish/v1 (PEP 740), which says no more than whose wheel it is, and our plugin/v1, which
says what the plugin is and may do. Permissions that are shown to anybody come from there, never from an index.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from lumosai_marketplace.errors import RefusedError
from lumosai_sdk.jsontext import bounded_json

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"
_INDEX = "pypi"
PUBLISH = f"https://docs.{_INDEX}.org/attestations/publish/v1"  # a name that PEP 740 gave, and nothing that is reached
PLUGIN = "https://lumosai.dev/attestations/plugin/v1"
MAX_BYTES = 256 * 1024
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """The predicate of plugin/v1. ``permissions`` is the manifest's table as JSON; what is not known is empty."""

    name: str
    version: str
    runtime: str
    api: str
    permissions: Mapping[str, Any] = field(default_factory=dict)
    wasm_sha256: str = ""
    world: tuple[str, ...] = ()  # the host's interfaces that the component imports, sorted
    repository: str = ""
    commit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the predicate."""
        return {
            "name": self.name,
            "version": self.version,
            "runtime": self.runtime,
            "api": self.api,
            "permissions": dict(self.permissions),
            "wasm": {"sha256": self.wasm_sha256, "world": list(self.world)} if self.wasm_sha256 else None,
            "source": {"repository": self.repository, "commit": self.commit} if self.repository else None,
        }

    @classmethod
    def from_json(cls, data: Any) -> Self:
        """Read a predicate. Raises RefusedError ``signature.statement``."""
        try:
            wasm, source = data.get("wasm") or {}, data.get("source") or {}
            made = cls(
                name=_text(data["name"]),
                version=_text(data["version"]),
                runtime=_text(data["runtime"]),
                api=_text(data["api"]),
                permissions=_table(data["permissions"]),
                wasm_sha256=_text(wasm.get("sha256", "")),
                world=tuple(_text(w) for w in _list(wasm.get("world", []))),
                repository=_text(source.get("repository", "")),
                commit=_text(source.get("commit", "")),
            )
        except (KeyError, TypeError, AttributeError) as e:
            raise _refused(f"the predicate of plugin/v1 is not as it should be: {type(e).__name__} {e}") from None
        return made


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement about the file *filename* with the digest *sha256* (hex). ``predicate`` is None for publish/v1."""

    filename: str
    sha256: str
    predicate_type: str
    predicate: Mapping[str, Any] | None = None

    def encode(self) -> bytes:
        """Return the payload of the envelope, canonical JSON."""
        subject = {"name": self.filename, "digest": {"sha256": self.sha256}}
        body = {"_type": STATEMENT, "subject": [subject], "predicateType": self.predicate_type}
        return json.dumps(
            {**body, "predicate": self.predicate}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
        ).encode()

    @classmethod
    def decode(cls, payload_type: str, payload: bytes) -> Self:
        """Read an envelope's payload. Raises RefusedError ``signature.statement`` for anything but one subject."""
        if payload_type != PAYLOAD:
            raise _refused(f"the payload is of the type {payload_type[:80]!r}, and no in-toto statement")
        if len(payload) > MAX_BYTES:
            raise _refused(f"the statement has more than {MAX_BYTES} bytes")
        try:
            data = bounded_json(payload, depth=32, weight=20_000)
            (subject,) = data["subject"]
            made = cls(
                _text(subject["name"]),
                _text(subject["digest"]["sha256"]),
                _text(data["predicateType"]),
                None if data.get("predicate") is None else _table(data["predicate"]),
            )
        except (ValueError, KeyError, TypeError, RecursionError) as e:
            raise _refused(f"the payload is no statement about one file: {type(e).__name__} {e}") from None
        if data.get("_type") != STATEMENT:
            raise _refused("the payload is no in-toto statement of version 1")
        if set(subject["digest"]) != {"sha256"} or not _SHA256.fullmatch(made.sha256):
            raise _refused("the subject's digest is not one sha256 in hexadecimal")
        return made

    def check(self, filename: str, sha256: str) -> None:
        """Refuse a statement about another file: ``signature.subject``."""
        if (self.filename, self.sha256) != (filename, sha256):
            raise RefusedError(
                "signature.subject", f"the signature is for {self.filename} ({self.sha256[:12]}), not for {filename}"
            )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} where a text should be")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{type(value).__name__} where a list should be")
    return value


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{type(value).__name__} where an object should be")
    return value


def _refused(why: str) -> RefusedError:
    return RefusedError("signature.statement", why)
