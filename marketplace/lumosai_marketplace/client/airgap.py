"""One file for a machine without a network: plugins, and all that proves them, to be verified as from an index.

Nothing in it is believed because it is in it: the other machine has its own TUF root, its own rules, and its own memory
of the log.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion

from lumosai_marketplace import durable
from lumosai_marketplace.client import own
from lumosai_marketplace.client.http import Told
from lumosai_marketplace.client.index import MAX_WHEEL, Index
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.lock import Locked
from lumosai_marketplace.client.market import Market
from lumosai_marketplace.client.page import File, Project, version_of
from lumosai_marketplace.client.verify import MAX_PROVENANCE, provenance_of
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.store.check import check, wheel_of
from lumosai_sdk.errors import InputError, NotFoundError, StorageError

if TYPE_CHECKING:
    from lumosai_marketplace.client.source import Trust

FORMAT = 1
TABLE = "bundle.json"
MAX_MEMBERS = 5_000
MAX_TABLE = 4 * 1024 * 1024
MAX_BYTES = 2 * 1024 * 1024 * 1024
_TUF_BYTES = 8 * 1024 * 1024
Sizes = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Carried:
    """What of an index is carried: the files of its TUF repository, a checkpoint of its log, proofs between sizes."""

    url: str
    tuf: Mapping[str, bytes]
    checkpoint_text: str
    proofs: Mapping[Sizes, Sequence[bytes]]
    plugins: Mapping[Name, tuple[File, bytes, bytes]]

    async def project(self, name: Name) -> Project:
        """Return what the bundle has of a plugin. Raises NotFoundError."""
        if name not in self.plugins:
            raise NotFoundError("plugin in the bundle", str(name), [str(n) for n in self.plugins])
        return Project(name, self.url, "active", "", (self.plugins[name][0],))

    async def download(self, project: Project, file: File, told: Told | None = None) -> bytes:
        """Return a wheel. Raises RefusedError ``index.hash``."""
        data = self.plugins[project.name][1]
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise RefusedError("index.hash", f"{file.filename} is not what the bundle says")
        if told is not None:
            told(len(data))
        return data

    async def provenance(self, project: Project, file: File) -> bytes:  # noqa: ARG002 - it has one file
        """Return the signatures."""
        return self.plugins[project.name][2]

    async def checkpoint(self) -> str:
        """Return the newest checkpoint there was when the bundle was made."""
        return self.checkpoint_text

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return a proof that was packed. Raises RefusedError ``log.unproven``."""
        if (old, new) not in self.proofs:
            raise RefusedError(
                "log.unproven",
                f"this machine has seen the log of {self.url} with {old} entries, and the bundle does not prove that it"
                " has only grown since",
                hint="make the bundle with --since and this machine's lumos.lock",
            )
        return self.proofs[old, new]

    def trust(self, keeper: Keeper) -> Trust:
        """Return whom to believe, by the TUF files in the bundle and the root that this machine has. It blocks.

        Raises RefusedError ``tuf.*``: what is expired, or older than was seen here, is refused as from an index.
        """
        from lumosai_marketplace.client.carrying import replaying
        from lumosai_marketplace.trust.tufclient import TufClient

        root, folder = keeper.root(self.url), keeper.folder(self.url)
        client = TufClient(f"{self.url}tuf/", folder, root, fetcher=lambda: replaying(self.tuf))
        return keeper.read(self.url, client.refresh())


async def pack(market: Market, keeper: Keeper, plugins: Sequence[Locked], since: Mapping[str, str]) -> bytes:
    """Return a bundle of installed plugins. *since* are checkpoints, by index, that the other machine has seen.

    Raises RefusedError, IndexUnavailableError.
    """
    if alone := next((p for p in plugins if own.is_own(p)), None):
        raise own.nowhere(alone, "it proves nothing elsewhere; take its wheel along, and install that there")
    members: dict[str, bytes] = {}
    indexes = []
    for number, url in enumerate(sorted({p.index for p in plugins})):
        mine = [p for p in plugins if p.index == url]
        told, files = await _index(market, keeper, url, mine, since.get(url, ""))
        indexes.append({"url": url, "folder": str(number), **told})
        members |= {f"{number}/tuf/{name}": data for name, data in files.items()}
    for plugin in plugins:
        receipt = await asyncio.to_thread(check, market.store, plugin.sha256, plugin.receipt)
        members[f"wheels/{plugin.sha256}.whl"] = wheel_of(market.store, receipt)
        members[f"provenance/{plugin.sha256}.json"] = provenance_of(market, plugin)
    table = {"format": FORMAT, "indexes": indexes, "plugins": [_told(p) for p in plugins]}
    return _tar({TABLE: json.dumps(table, sort_keys=True).encode(), **members})


def _told(plugin: Locked) -> dict[str, Any]:
    return {"name": plugin.name.screen, "index": plugin.index, "file": plugin.file, "sha256": plugin.sha256}


async def _index(
    market: Market, keeper: Keeper, url: str, plugins: Sequence[Locked], since: str
) -> tuple[dict[str, Any], dict[str, bytes]]:
    from lumosai_marketplace.log import note

    files = await asyncio.to_thread(_recorded, keeper, url)
    async with Index(url) as index:
        checkpoint = await index.checkpoint()
        new = note.parse(checkpoint)[0].size
        texts = [t for p in plugins for t in await asyncio.to_thread(_entry_checkpoints, market, p)]
        olds = {note.parse(t)[0].size for t in (*texts, since) if t}
        proofs = [
            {"old": old, "new": new, "hashes": [h.hex() for h in await index.consistency(old, new)]}
            for old in sorted(olds)
            if 0 < old < new
        ]
    return {"checkpoint": checkpoint, "proofs": proofs}, files


def _recorded(keeper: Keeper, url: str) -> dict[str, bytes]:
    """Return all files of an index's TUF repository that a client needs who begins with the first root."""
    from lumosai_marketplace.client.carrying import recording
    from lumosai_marketplace.trust.tufclient import TufClient

    kept: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory(prefix="lumos-bundle-") as folder:
        TufClient(f"{url}tuf/", Path(folder), keeper.root(url), fetcher=lambda: recording(kept, f"{url}tuf/")).refresh()
    return kept


def _entry_checkpoints(market: Market, plugin: Locked) -> list[str]:
    """Return the checkpoints that a plugin's signatures came with."""
    from lumosai_marketplace.trust import pep740

    found = pep740.attestations(pep740.parse(provenance_of(market, plugin)))
    entries = [pep740.to_bundle(a)["verificationMaterial"]["tlogEntries"][0] for a in found]
    return [str(e["inclusionProof"]["checkpoint"]["envelope"]) for e in entries]


def _tar(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def write(path: Path, data: bytes) -> None:
    """Write a bundle. Raises StorageError."""
    try:
        durable.replace(path.absolute(), data, 0o644)
    except OSError as e:
        raise StorageError(f"{path}: cannot be written: {e.strerror}") from None


def unpack(path: Path) -> list[Carried]:
    """Read a bundle into memory. Raises InputError for what is none; whether to believe it is decided later."""
    members = _members(path)
    try:
        table = json.loads(members[TABLE])
        if table["format"] != FORMAT:
            raise ValueError(f"it is of the format {table['format']}")
        return [_carried(i, table["plugins"], members) for i in table["indexes"]]
    except KeyError as e:
        raise InputError(f"{path} is no bundle of plugins, or not the whole of one: it lacks {str(e)[:200]}") from None
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, InvalidVersion) as e:
        raise InputError(f"{path} is no bundle of plugins: {type(e).__name__}: {str(e)[:200]}") from None


def _members(path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    left = MAX_BYTES
    try:
        with tarfile.open(path, mode="r:") as tar:
            for info in tar:
                left -= info.size
                limit = _limit(info.name)
                plain = info.isreg() and not info.issparse()  # which would be larger here than in the file
                if not plain or info.name in found or info.size > limit or left < 0 or len(found) > MAX_MEMBERS:
                    raise InputError(f"{path} is no bundle of plugins: {info.name[:80]!r} does not belong there")
                file = tar.extractfile(info)
                found[info.name] = file.read(limit) if file else b""
    except OSError as e:
        raise InputError(f"{path} cannot be read: {e.strerror or type(e).__name__}") from None
    except (tarfile.TarError, ValueError) as e:
        raise InputError(f"{path} is no bundle of plugins: {str(e)[:200]}") from None
    return found


def _limit(name: str) -> int:
    kind = name.partition("/")[0]
    return {"wheels": MAX_WHEEL, "provenance": MAX_PROVENANCE, TABLE: MAX_TABLE}.get(kind, _TUF_BYTES)


def _carried(index: Mapping[str, Any], plugins: Sequence[Mapping[str, Any]], members: Mapping[str, bytes]) -> Carried:
    url, begin = str(index["url"]), f"{index['folder']}/tuf/"
    return Carried(
        url=url,
        tuf={n.removeprefix(begin): data for n, data in members.items() if n.startswith(begin)},
        checkpoint_text=str(index["checkpoint"]),
        proofs={(int(p["old"]), int(p["new"])): [bytes.fromhex(h) for h in p["hashes"]] for p in index["proofs"]},
        plugins=dict(_plugin(p, members) for p in plugins if p["index"] == url),
    )


def _plugin(told: Mapping[str, Any], members: Mapping[str, bytes]) -> tuple[Name, tuple[File, bytes, bytes]]:
    name, filename, sha256 = Name.parse(told["name"]), str(told["file"]), str(told["sha256"])
    data = members[f"wheels/{sha256}.whl"]
    version = version_of(name, filename)
    if version is None:
        raise ValueError(f"{filename[:80]!r} is no wheel of {name}")
    file = File(filename, version, "", sha256, len(data), "", None, "carried", "", None)
    return name, (file, data, members[f"provenance/{sha256}.json"])
