# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.rekor.client import RekorClient
from sigstore._internal.trust import KeyringPurpose
from sigstore.dsse import Envelope
from sigstore.models import TrustedRoot
from sigstore_models.trustroot.v1 import TrustedRoot as InnerRoot

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import LogKey, keys_of
from lumosai_marketplace.log.remote import RemoteLog
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.log.tiles import bundle
from lumosai_marketplace.log.tree import leaf_hash
from lumosai_marketplace.log.verify import open_checkpoint, verify_consistency, verify_grown, verify_inclusion

if TYPE_CHECKING:
    from fastapi import FastAPI
    from tests.marketplace.log.signing import Person

HOST = "localhost"


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as made:
        yield made


@pytest.fixture
def keys(authority: Authority) -> list[LogKey]:
    return keys_of(authority.trusted_root(), HOST, time.time())


async def fill(log: Log, count: int) -> None:
    await log.append([b"entry %d" % i for i in range(count)], 1.5)


async def test_everybody_can_check_what_is_in_the_log(
    http: httpx.AsyncClient, instance_log: Log, keys: list[LogKey]
) -> None:
    await fill(instance_log, 300)
    answer = await http.get("/log/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    now = open_checkpoint(answer.text, keys, HOST)
    before = open_checkpoint((await http.get("/log/checkpoint", params={"size": 290})).text, keys, HOST)
    proof = (await http.get("/log/consistency/290/300")).json()
    verify_consistency(before, now, [bytes.fromhex(h) for h in proof["hashes"]])
    entry = (await http.get("/log/entries/7")).json()
    assert (entry["index"], entry["at"], entry["statement"]) == (7, 1.5, None)
    body = b64decode(entry["body"])
    assert leaf_hash(body).hex() == entry["leaf"]
    for size in (None, 8, 290):
        shown = (await http.get("/log/proof", params={"index": 7} | ({"size": size} if size else {}))).json()
        tree = open_checkpoint(shown["checkpoint"], keys, HOST)
        assert shown["size"] == tree.size == (size or 300)
        verify_inclusion(body, 7, tree, [bytes.fromhex(h) for h in shown["hashes"]])


async def test_tiles_and_bundles_are_those_of_the_specification(http: httpx.AsyncClient, instance_log: Log) -> None:
    await fill(instance_log, 300)
    full = await http.get("/log/tile/0/000")
    assert len(full.content) == 256 * 32
    assert full.headers["content-type"] == "application/octet-stream"
    assert "immutable" in full.headers["cache-control"]
    assert full.content[:32] == leaf_hash(b"entry 0")
    assert len((await http.get("/log/tile/0/001.p/44")).content) == 44 * 32
    assert len((await http.get("/log/tile/1/000.p/1")).content) == 32
    entries = bundle(b"entry %d" % i for i in range(256, 300))
    assert (await http.get("/log/tile/entries/001.p/44")).content == entries
    for path in ("0/001", "0/001.p/45", "1/000", "2/000.p/1", "entries/001", "0/1", "x", "0/%2e%2e/000", "9/000"):
        assert (await http.get(f"/log/tile/{path}")).status_code == 404, path


async def test_entries_come_in_pages(http: httpx.AsyncClient, instance_log: Log) -> None:
    await fill(instance_log, 100)
    await instance_log.append([bytes([1]) * 60_000] * 40)
    page = (await http.get("/log/entries", params={"start": 30})).json()["entries"]
    assert [e["index"] for e in page] == list(range(30, 94))
    long = (await http.get("/log/entries", params={"start": 100})).json()["entries"]
    assert [e["index"] for e in long] == list(range(100, 100 + len(long)))
    assert 1 <= len(long) < 40
    assert (await http.get("/log/entries", params={"start": 140})).json() == {"entries": []}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/log/entries/0", 404),
        ("/log/entries/-1", 422),
        ("/log/entries/9223372036854775808", 422),
        ("/log/entries/x", 422),
        ("/log/entries?count=65", 422),
        ("/log/checkpoint?size=1", 404),
        ("/log/proof", 422),
        ("/log/proof?index=0", 404),
        ("/log/consistency/0/1", 404),
        ("/log/consistency/2/1", 404),
        ("/sigstore/api/v1/log/entries?logIndex=0", 404),
        ("/sigstore/api/v1/log/entries/" + "00" * 32, 404),
        ("/sigstore/api/v1/log/entries/zz", 422),
    ],
)
async def test_what_is_not_there_is_told(path: str, status: int, http: httpx.AsyncClient) -> None:
    assert (await http.get(path)).status_code == status


async def test_an_index_without_a_log_of_its_own_says_so(app: FastAPI, http: httpx.AsyncClient, person: Person) -> None:
    app.state.service.log = app.state.service.authority = None
    for path in ("/log/checkpoint", "/log/entries/0", "/sigstore/api/v1/log", "/sigstore/api/v1/log/publicKey"):
        assert (await http.get(path)).status_code == 404
    assert (await http.post("/sigstore/api/v1/log/entries", json=person.proposed())).status_code == 404


async def test_an_envelope_is_logged_and_found_again(
    http: httpx.AsyncClient, instance_log: Log, person: Person, keys: list[LogKey]
) -> None:
    await fill(instance_log, 3)
    answer = await http.post("/sigstore/api/v1/log/entries", json=person.proposed())
    assert answer.status_code == 201
    ((uuid, entry),) = answer.json().items()
    assert entry["logIndex"] == 3
    assert abs(entry["integratedTime"] - time.time()) < 60
    again = (await http.get(answer.headers["location"])).json()[uuid]
    by_index = (await http.get("/sigstore/api/v1/log/entries", params={"logIndex": 3})).json()[uuid]
    assert again["body"] == by_index["body"] == entry["body"]
    told = (await http.get("/sigstore/api/v1/log")).json()
    assert told["treeSize"] == 4
    assert open_checkpoint(told["signedTreeHead"], keys, HOST).root.hex() == told["rootHash"]
    pem = (await http.get("/sigstore/api/v1/log/publicKey")).text
    assert LogKey.from_pem(pem).key_id.hex() == entry["logID"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 1000, b"[" + b"1," * 1000 + b"1]", b" " * (1 << 21)])
async def test_what_is_no_entry_is_refused(body: bytes, http: httpx.AsyncClient, instance_log: Log) -> None:
    answer = await http.post("/sigstore/api/v1/log/entries", content=body)
    assert answer.status_code in {413, 422}
    assert await instance_log.size() == 0


async def test_sigstores_own_client_logs_an_envelope(served: str, instance_log: Log, person: Person) -> None:
    await fill(instance_log, 6)
    client = RekorClient(f"{served}/sigstore")
    envelope = Envelope._from_json(person.envelope())
    request = client._build_dsse_request(envelope, person.certificate)
    entry = await asyncio.to_thread(client.create_entry, request)
    assert entry._inner.log_index == 6
    keyring = TrustedRoot(InnerRoot.from_json(json.dumps(person.authority.trusted_root()))).rekor_keyring(
        KeyringPurpose.VERIFY
    )
    entry._verify(keyring)
    verify_checkpoint(keyring, entry)
    info = await asyncio.to_thread(client.log.get)
    assert info.tree_size == 7
    found: Any = await asyncio.to_thread(lambda: client.log.entries.get(log_index=6))
    assert found._inner.canonicalized_body == entry._inner.canonicalized_body


async def test_our_own_client_sees_the_log_grow(served: str, instance_log: Log, keys: list[LogKey]) -> None:
    async with Index(served) as index:
        remote = RemoteLog(index)
        seen = open_checkpoint(await remote.checkpoint(), keys, HOST)
        for size in (90, 360):
            before = seen
            await fill(instance_log, size - before.size)
            seen = open_checkpoint(await remote.checkpoint(), keys, HOST)
            await verify_grown(before, seen, remote.consistency)
        assert seen.size == 360
        shown = await remote.entries(358, 64)
        assert [s.index for s in shown] == [358, 359]
        verify_inclusion(shown[0].body, 358, seen, await remote.proof(358, 360))
        assert note.parse(seen.text)[0].origin == HOST
