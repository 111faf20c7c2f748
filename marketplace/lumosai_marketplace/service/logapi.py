"""The log over HTTP: checkpoints, entries, proofs and tiles for everybody, and Rekor's API v1 for those who sign.

Entries are taken at ``POST /sigstore/api/v1/log/entries`` only, and only when a certificate of this service's CA that
is in force has signed them (``log.envelope``).
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.log import envelope, note, rekor, tiles
from lumosai_marketplace.log.tiles import WIDTH, TileId
from lumosai_marketplace.service.sigstore import read_body
from lumosai_marketplace.service.state import Shared
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.jsontext import bounded_json

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from lumosai_marketplace.log.rows import Entry
    from lumosai_marketplace.log.store import Log
    from lumosai_marketplace.service.state import Service

MAX_REQUEST: Final = 1024 * 1024
MAX_ENTRIES: Final = 64
MAX_ANSWER: Final = 1024 * 1024
_DEPTH, _WEIGHT = 8, 200
_NOW = {"Cache-Control": "no-cache"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

Number = Annotated[int, Path(ge=0, lt=1 << 63)]
Count = Annotated[int, Query(ge=0, lt=1 << 63)]

router = APIRouter(tags=["log"])


# --- for everybody


@router.get("/log/checkpoint")
async def checkpoint(service: Shared, size: Annotated[int | None, Query(ge=0, lt=1 << 63)] = None) -> Response:
    """Return the signed checkpoint (C2SP tlog-checkpoint), of the tree of *size* if that is told."""
    text = await _log(service).checkpoint(size)
    return Response(text, media_type="text/plain; charset=utf-8", headers=_NOW)


@router.get("/log/entries")
async def entries(
    service: Shared, start: Count = 0, count: Annotated[int, Query(ge=1, le=MAX_ENTRIES)] = MAX_ENTRIES
) -> dict[str, Any]:
    """Return entries from *start* on, fewer than asked for where they are long."""
    out: list[Any] = []
    left = MAX_ANSWER
    for entry in await _log(service).entries(start, start + count):
        left -= len(entry.body) + len(entry.statement or b"")
        if out and left < 0:
            break
        out.append(_shown(entry))
    return {"entries": out}


@router.get("/log/entries/{index}")
async def entry(service: Shared, index: Number) -> dict[str, Any]:
    """Return one entry: its body, and the statement it is about where that is known."""
    return _shown(await _log(service).entry(index))


@router.get("/log/proof")
async def proof(service: Shared, index: Count, size: Annotated[int | None, Query(ge=1, lt=1 << 63)] = None) -> Any:
    """Return the proof that an entry is in the tree of *size*, or in the whole one, with that tree's checkpoint."""
    log = _log(service)
    text = await log.checkpoint(size)
    tree, _ = note.parse(text)
    hashes = await log.proof(index, tree.size)
    return {"index": index, "size": tree.size, "hashes": [h.hex() for h in hashes], "checkpoint": text}


@router.get("/log/consistency/{old}/{new}")
async def consistency(service: Shared, old: Number, new: Number) -> dict[str, Any]:
    """Return the proof that the tree of *new* entries begins with that of *old*."""
    hashes = await _log(service).consistency(old, new)
    return {"old": old, "new": new, "hashes": [h.hex() for h in hashes]}


@router.get("/log/tile/{path:path}")
async def tile(service: Shared, path: str) -> Response:
    """Return a tile, or a bundle of entries (C2SP tlog-tiles)."""
    log = _log(service)
    try:
        level, number, width = tiles.parse_path(path)
    except ValueError:
        raise NotFoundError("tile", path[:100]) from None
    if level is None:
        data = await _bundle(log, number, width)
    else:
        data = await log.tile(TileId(level, number), width)
    return Response(data, media_type="application/octet-stream", headers=_FOR_EVER)


# --- Rekor's API v1


@router.post("/sigstore/api/v1/log/entries", status_code=201)
async def add(service: Shared, request: Request, response: Response) -> dict[str, Any]:
    """Log a DSSE envelope. What is logged already is answered with the entry that there is."""
    document = _json(await read_body(request, MAX_REQUEST))
    at = service.clock()
    proposal = envelope.read_proposal(document, _issuers(_authority(service)), at)
    made = await rekor.add(_log(service), proposal, at)
    response.headers["Location"] = f"/sigstore/api/v1/log/entries/{made.uuid}"
    response.headers["ETag"] = f'"{made.uuid}"'
    return made.to_api()


@router.get("/sigstore/api/v1/log/entries")
async def rekor_entry(service: Shared, index: Annotated[int, Query(alias="logIndex", ge=0, lt=1 << 63)]) -> Any:
    """Return an entry by its index, as Rekor does."""
    return (await rekor.logged(_log(service), index)).to_api()


@router.get("/sigstore/api/v1/log/entries/{uuid}")
async def rekor_entry_by_name(service: Shared, uuid: str) -> dict[str, Any]:
    """Return an entry by its name, as Rekor does."""
    found = await rekor.by_uuid(_log(service), uuid)
    if found is None:
        raise NotFoundError("log entry", uuid[:100])
    return found.to_api()


@router.get("/sigstore/api/v1/log")
async def rekor_log(service: Shared) -> dict[str, Any]:
    """Return what Rekor tells of its tree."""
    log = _log(service)
    text = await log.checkpoint()
    tree, _ = note.parse(text)
    tree_id = str(int.from_bytes(log.signer.key_id[:7], "big"))
    return {"rootHash": tree.root.hex(), "treeSize": tree.size, "signedTreeHead": text, "treeID": tree_id}


@router.get("/sigstore/api/v1/log/publicKey")
async def rekor_key(service: Shared) -> Response:
    """Return the log's public key, PEM."""
    pem = _public_pem(_authority(service))
    return Response(pem, media_type="application/x-pem-file", headers=_NOW)


def _shown(entry: Entry) -> dict[str, Any]:
    statement = None if entry.statement is None else b64encode(entry.statement).decode()
    body = b64encode(entry.body).decode()
    return {"index": entry.index, "at": entry.at, "leaf": entry.leaf.hex(), "body": body, "statement": statement}


async def _bundle(log: Log, number: int, width: int) -> bytes:
    found = await log.entries(number * WIDTH, number * WIDTH + width)
    if len(found) != width:
        raise NotFoundError("tile", f"entries/{number}.p/{width}")
    return tiles.bundle(e.body for e in found)


def _json(data: bytes) -> Any:
    try:
        return bounded_json(data, depth=_DEPTH, weight=_WEIGHT)
    except (ValueError, RecursionError) as e:
        raise InputError(f"the request is no JSON of a log entry: {e}") from None


def _issuers(authority: Authority) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    return [load_der_x509_certificate(chain[0]) for chain in authority.ca_chains()]


def _public_pem(authority: Authority) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return authority.log_signer.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _log(service: Service) -> Log:
    if service.log is None:
        raise NotFoundError("log", "here", hint="this index trusts another instance of sigstore: its log is there")
    return service.log


def _authority(service: Service) -> Authority:
    if service.authority is None:
        raise NotFoundError("log", "here", hint="this index trusts another instance of sigstore: its log is there")
    return service.authority
