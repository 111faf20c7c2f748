"""Files by their content, in a folder and in a store that speaks S3."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.marketplace.service.s3 import storing

from lumosai_marketplace.service.blobs import CHUNK, Blobs
from lumosai_marketplace.service.loading import build
from lumosai_sdk.errors import ConfigError, NotFoundError, StorageError

DATA = bytes(range(256)) * (CHUNK // 100)


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blobs]:
    if request.param == "folder":
        yield Blobs.in_folder(tmp_path / "files")
        return
    monkeypatch.setenv("KEY", "key")
    with storing() as (url, _):
        keys = {"access_key": "env:KEY", "secret_key": "env:KEY", "region": "eu-1"}
        settings = build({"data": tmp_path, "blobs": {"url": "s3://plugins/here", "endpoint": url, **keys}})
        yield Blobs.of(settings)


async def test_what_is_put_is_there_under_its_hash(blobs: Blobs) -> None:
    sha256 = await blobs.put(DATA)
    assert sha256 == hashlib.sha256(DATA).hexdigest()
    assert await blobs.has(sha256)
    assert await blobs.get(sha256) == DATA
    assert await blobs.put(DATA) == sha256


@pytest.mark.parametrize(("begin", "end"), [(0, 10), (10, None), (CHUNK - 1, CHUNK + 1), (0, len(DATA)), (3, 3)])
async def test_parts(blobs: Blobs, begin: int, end: int | None) -> None:
    sha256 = await blobs.put(DATA)
    assert b"".join([piece async for piece in blobs.read(sha256, begin, end)]) == DATA[begin:end]


async def test_what_is_gone_is_gone(blobs: Blobs) -> None:
    sha256 = await blobs.put(b"x")
    await blobs.delete(sha256)
    await blobs.delete(sha256)
    assert not await blobs.has(sha256)
    with pytest.raises(NotFoundError):
        await blobs.get(sha256)


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "0" * 63, "G" * 64, "0" * 64 + "/.."])
async def test_only_hashes_are_names(blobs: Blobs, name: str) -> None:
    with pytest.raises(NotFoundError):
        await blobs.get(name)


async def test_what_was_changed_behind_its_back_is_not_handed_out(tmp_path: Path) -> None:
    blobs = Blobs.in_folder(tmp_path)
    sha256 = await blobs.put(b"honest")
    (tmp_path / "sha256" / sha256[:2] / sha256).write_bytes(b"evil")
    with pytest.raises(StorageError, match="damaged"):
        await blobs.get(sha256)


async def test_what_never_arrived_is_swept(tmp_path: Path) -> None:
    blobs = Blobs.in_folder(tmp_path)
    (tmp_path / "coming").mkdir()
    (tmp_path / "coming" / "half").write_bytes(b"ha")
    assert await blobs.sweep(1.0) == 0
    assert await blobs.sweep(9e9) == 1
    assert not list((tmp_path / "coming").iterdir())


async def test_a_store_that_does_not_answer(tmp_path: Path) -> None:
    blobs = Blobs.in_folder(tmp_path / "files")
    (tmp_path / "files" / "coming").write_text("in the way")
    with pytest.raises(StorageError):
        await blobs.put(b"x")
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="file"):
        Blobs.in_folder(tmp_path / "file" / "below")
