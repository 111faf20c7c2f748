"""From a plugin's wheel to a plugin that everybody can install: signed, uploaded, followed until it is there."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lumosai_marketplace import audience as audiences
from lumosai_marketplace import durable
from lumosai_marketplace.client import login
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.login import Tokens
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.statement import PLUGIN, PUBLISH, Statement
from lumosai_marketplace.wheels import Wheel, read_wheel
from lumosai_sdk.errors import InputError, NotFoundError, StorageError

MAX_WHEEL = 100 * 1024 * 1024
PATIENCE = 180.0
_SUFFIXES = {PUBLISH: ".publish.attestation", PLUGIN: ".plugin.attestation"}


@dataclass(frozen=True, slots=True)
class Signed:
    """A wheel and its two attestations, publish/v1 first."""

    path: Path
    data: bytes
    wheel: Wheel
    attestations: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plugin's source is, as far as it is known."""

    repository: str = ""
    commit: str = ""


NOWHERE = Origin()


def read(path: Path, *, native: bool = False) -> tuple[bytes, Wheel]:
    """Read a wheel, and hold it against every rule before anybody else does. Raises InputError, RefusedError."""
    try:
        with path.open("rb") as f:
            data = f.read(MAX_WHEEL + 1)
    except OSError as e:
        raise InputError(f"{path}: {e.strerror}") from None
    if len(data) > MAX_WHEEL:
        raise InputError(f"{path}: larger than {MAX_WHEEL} bytes")
    return data, read_wheel(path.name, data, native=native)


def sign(
    path: Path,
    trust: Trust,
    identity_token: str,
    origin: Origin = NOWHERE,
    *,
    audience: str | None = None,
    native: bool = False,
) -> Signed:
    """Sign a wheel, and write the attestations beside it, where twine finds them. It blocks: call it in a thread.

    *audience* is that of the token, where its owner wants to use one that is for another than the instance.
    Raises SigningError, RefusedError, InputError, StorageError.
    """
    from lumosai_marketplace.trust.signing import sign_all

    data, wheel = read(path, native=native)
    sha256 = hashlib.sha256(data).hexdigest()
    facts = replace(wheel.facts, repository=origin.repository, commit=origin.commit)
    statements = [Statement(path.name, sha256, PUBLISH), Statement(path.name, sha256, PLUGIN, facts.to_json())]
    wanted = audience or signing_audience(trust)
    made = tuple(sign_all(statements, identity_token, dict(trust.signing_config or {}), wanted))
    for statement, attestation in zip(statements, made, strict=True):
        _write(path.with_name(path.name + _SUFFIXES[statement.predicate_type]), attestation)
    return Signed(path, data, wheel, made)


def signed_before(path: Path, trust: Trust, *, native: bool = False) -> Signed | None:
    """Return a wheel that was signed before, by the attestations beside it, if they hold. Raises InputError."""
    try:
        found = [json.loads(path.with_name(path.name + s).read_bytes()) for s in _SUFFIXES.values()]
    except (OSError, ValueError):
        return None
    data, wheel = read(path, native=native)
    try:
        for attestation in found:
            trust.verifier.verify(attestation, path.name, wheel.sha256)
    except RefusedError:
        return None
    return Signed(path, data, wheel, tuple(found))


def _write(path: Path, attestation: Mapping[str, Any]) -> None:
    try:
        durable.replace(path, json.dumps(attestation, sort_keys=True).encode(), 0o644)
    except OSError as e:
        raise StorageError(f"{path}: cannot be written: {e.strerror}") from None


def signing_audience(trust: Trust) -> str:
    """Return for whom a token to sign with has to be made. Raises InputError."""
    from lumosai_marketplace.trust.signing import audience_for

    return audience_for(trust.instance, dict(trust.signing_config or {}))


async def identity_token(trust: Trust, tokens: Tokens) -> str:
    """Return a token to sign with: the machine's own, as CI has one, or that of whoever is signed in.

    Raises UnauthenticatedError, SigningError, InputError.
    """
    from lumosai_marketplace.trust.signing import ambient_token

    audience = await asyncio.to_thread(signing_audience, trust)
    if ambient := await asyncio.to_thread(ambient_token, audience):
        return ambient
    return await login.identity(trust.instance, tokens.need(trust.instance), audience)


async def upload_token(index: Index, tokens: Tokens) -> str:
    """Return a token to upload with: minted for the machine's own identity, or of whoever is signed in.

    Raises UnauthenticatedError, SigningError, RefusedError ``index.audience``, LumosError.
    """
    from lumosai_marketplace.trust.signing import ambient_token

    told = await index.json("_/oidc/audience")
    audience = told.get("audience") if isinstance(told, dict) else None
    own = audiences.publishing(index.url)
    if audience is not None and audience != own:
        # Else it would be given what opens another index, or a cloud, to whoever works on this repository.
        raise RefusedError(
            "index.audience",
            f"{index.url} asks for an identity token for {str(audience)[:80]!r}, and gets one for {own!r} only",
            hint="use the index's own address: that which its operator calls [url]",
        )
    if audience is not None and (ambient := await asyncio.to_thread(ambient_token, own)):
        minted = await index.send("_/oidc/mint-token", {"token": ambient})
        if isinstance(minted, dict) and isinstance(minted.get("token"), str):
            return str(minted["token"])
        raise RefusedError("index.format", "the index mints what is no token")
    return tokens.need(index.url)


async def upload(url: str, token: str, signed: Signed) -> None:
    """Upload a signed wheel (the legacy upload API, PEP 740's attestations in it). Raises RefusedError, LumosError."""
    import aiohttp

    form = aiohttp.FormData(quote_fields=False)
    for name, value in _fields(signed).items():
        form.add_field(name, value)
    form.add_field(
        "content", io.BytesIO(signed.data), filename=signed.path.name, content_type="application/octet-stream"
    )
    async with Index(url, token=token) as index:
        await index.send("legacy/", form)


def _fields(signed: Signed) -> dict[str, str]:
    wheel = signed.wheel
    return {
        ":action": "file_upload",
        "protocol_version": "1",
        "metadata_version": str(wheel.core.get("metadata_version", "2.1")),
        "name": wheel.name.wire,
        "version": wheel.version,
        "filetype": "bdist_wheel",
        "pyversion": "py3",
        "sha256_digest": wheel.sha256,
        "attestations": json.dumps(list(signed.attestations)),
    }


async def follow(index: Index, name: Name, version: str, sha256: str, *, patience: float = PATIENCE) -> None:
    """Wait until everybody can install it. Raises RefusedError ``index.pending`` where that takes too long."""
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + patience, 0.1
    while True:
        if await _is_there(index, name, sha256):
            return
        if loop.time() > until:
            raise RefusedError(
                "index.pending", f"{name} {version} is uploaded, and not there yet", hint=f"lumos plugin info {name}"
            )
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)


async def _is_there(index: Index, name: Name, sha256: str) -> bool:
    try:
        project = await index.project(name)
    except (NotFoundError, IndexUnavailableError):
        return False
    return any(f.sha256 == sha256 for f in project.files)
