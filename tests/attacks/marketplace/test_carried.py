"""Attacks by a bundle that was carried in: what it is made of, before anything in it is believed."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from lumosai_marketplace.client.airgap import TABLE, unpack
from lumosai_sdk.errors import InputError

URL = "https://plugins.example.org/"


def table(**changes: Any) -> bytes:
    index = {"url": URL, "folder": "0", "checkpoint": "", "proofs": []}
    return json.dumps({"format": 1, "indexes": [index], "plugins": [], **changes}).encode()


def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def sparse(name: str, size: int) -> bytes:
    """Return a member of *size* bytes, none of which is there (the old sparse format of GNU tar)."""
    info = tarfile.TarInfo(name)
    info.type = tarfile.GNUTYPE_SPARSE
    head = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    head[386:410] = b"%011o\0%011o\0" % (size, 0)
    head[483:495] = b"%011o\0" % size
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def refused(folder: Path, data: bytes) -> InputError:
    path = folder / "plugins.bundle"
    path.write_bytes(data)
    with pytest.raises(InputError) as e:
        unpack(path)
    assert sorted(p.name for p in folder.iterdir()) == [path.name]
    return e.value


def test_an_honest_bundle_is_read(tmp_path: Path) -> None:
    path = tmp_path / "plugins.bundle"
    path.write_bytes(packed((tarfile.TarInfo(TABLE), table())))
    assert [c.url for c in unpack(path)] == [URL]


def test_a_file_of_nothing_does_not_become_a_gigabyte(tmp_path: Path) -> None:
    many = b"".join(sparse(f"wheels/{n:064x}.whl", 90 << 20) for n in range(10))
    assert "does not belong there" in refused(tmp_path, many + packed((tarfile.TarInfo(TABLE), table()))).message


@pytest.mark.parametrize("name", ["../lumos.lock", "/etc/passwd", "wheels/../../x"])
def test_links_and_what_leads_out_write_nothing(tmp_path: Path, name: str) -> None:
    link = tarfile.TarInfo("wheels/a.whl")
    link.type, link.linkname = tarfile.SYMTYPE, name
    refused(tmp_path, packed((tarfile.TarInfo(TABLE), table()), (link, b"")))
    path = tmp_path / "plugins.bundle"
    path.write_bytes(packed((tarfile.TarInfo(TABLE), table()), (tarfile.TarInfo(name), b"x")))
    assert unpack(path)[0].plugins == {}, "it is read into memory, and nobody asks for it"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("old", ["Infinity", "1e999", '"' + "9" * 5000 + '"', "[]", "null"])
def test_numbers_that_are_none(tmp_path: Path, old: str) -> None:
    proof = f'{{"old": {old}, "new": 1, "hashes": []}}'
    data = table().replace(b'"proofs": []', f'"proofs": [{proof}]'.encode())
    refused(tmp_path, packed((tarfile.TarInfo(TABLE), data)))
