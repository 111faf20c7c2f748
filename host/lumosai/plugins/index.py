"""Which plugins are installed, told without importing any.

The index is a JSON file keyed on the installed entry points and the stamp of each manifest. A warm start reads
``entry_points.txt`` files, that JSON, and stats the manifests; ``importlib.metadata``, ``tomllib`` and pydantic stay
unimported.

What a marketplace delivered is told by ``lumos.lock`` and lies in the store. Its files are held against their hashes
when the index is made, and again whenever one has another stamp.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lumosai_sdk.version import API_VERSION

GROUP = "[lumosai.plugins]"
FORMAT = 3
MANIFEST = "lumos-plugin.toml"
LOCK = "lumos.lock"
STORE = "store"
BUILT_IN = "lumosai"

Record = dict[str, Any]
Found = list[str]


class Delivered(NamedTuple):
    """Where plugins of a marketplace are: the path of ``lumos.lock``, the store's, and that of what was revoked."""

    lock: str
    store: str
    revoked: str


def delivered_to(base: str, data_dir: str) -> Delivered:
    """Return where they are for a configuration in the folder *base*, which keeps its data in *data_dir*."""
    places = (base, LOCK), (data_dir, "store"), (data_dir, "marketplace", "revoked.json")
    return Delivered(*(os.path.join(*parts) for parts in places))


def user_data() -> str:
    """Return where data are kept that belong to no configuration: the user's data folder."""
    home = os.environ.get("XDG_DATA_HOME") or os.path.join(os.path.expanduser("~"), ".local", "share")
    return os.path.join(home, "lumosai")


def cache_path(delivered: Delivered | None = None) -> str:
    """Return where the index is kept: ``$LUMOS_CACHE``, or the user's cache folder."""
    base = os.environ.get("LUMOS_CACHE")
    if not base:
        home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
        base = os.path.join(home, "lumosai")
    # One file an interpreter environment: two virtualenvs must not take turns in overwriting one index.
    # And one a lock: whoever works in two folders does not check a plugin's files at each step between them.
    lock = delivered.lock if delivered and os.path.isfile(delivered.lock) else ""
    return os.path.join(base, f"plugins-{_short_hash(sys.prefix + lock)}.json")


def _short_hash(text: str) -> str:
    from zlib import crc32

    return f"{crc32(text.encode()):08x}"


def load(
    plugin_paths: Sequence[str] = (), cache: str | None = None, delivered: Delivered | None = None
) -> list[Record]:
    """Return one record a plugin, from the cache when it still holds.

    A record has ``name``, ``package``, ``dist``, ``root`` and the manifest's fields, or ``error`` saying what is wrong.
    *plugin_paths* are folders whose packages with a manifest are plugins too, uninstalled; *delivered* is where those
    of a marketplace are.
    """
    cache = cache or cache_path(delivered)
    where, found = survey(plugin_paths)
    if (records := _cached(cache, where, found, delivered)) is not None:
        return records
    from lumosai.plugins.build import build

    return build(cache, found, delivered)


def discover(plugin_paths: Sequence[str] = ()) -> list[Found]:
    """Return ``[name, package, distribution, folder]`` of each plugin, ``sys.path`` order, first distribution wins."""
    return survey(plugin_paths)[1]


def survey(plugin_paths: Sequence[str] = ()) -> tuple[list[str], list[Found]]:
    """Return the folders of ``sys.path`` that hold plugins, and what ``discover`` returns.

    The folders count: the same distribution may lie elsewhere for another ``PYTHONPATH``.
    """
    where: list[str] = []
    found: list[Found] = []
    seen: set[str] = set()
    for folder in dict.fromkeys(p or os.getcwd() for p in sys.path):
        for dist, entries in _distributions(folder):
            key = distribution_name(dist).lower().replace(".", "_").replace("-", "_")
            if key not in seen:
                seen.add(key)
                where.append(folder)
                found += [[name, package, dist, ""] for name, package in entries]
    for folder in plugin_paths:
        found += _loose(folder)
    return list(dict.fromkeys(where)), found


def distribution_name(dist: str) -> str:
    """Return the name of ``name-version``. The last dash counts: a name may be made to begin with another's."""
    return dist.rpartition("-")[0]


def is_built_in(record: Mapping[str, Any]) -> bool:
    """Tell whether a plugin came with the host itself."""
    return distribution_name(record["dist"]) == BUILT_IN


def is_delivered(record: Mapping[str, Any]) -> bool:
    """Tell whether a plugin came from a marketplace: verified, and kept in the store."""
    return record.get("origin") == STORE


def _distributions(folder: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    try:
        names = sorted(e.name for e in os.scandir(folder) if e.name.endswith(".dist-info"))
    except OSError:
        return
    for name in names:
        if name.startswith("~"):  # what pip leaves while it replaces a distribution
            continue
        try:
            with open(f"{folder}/{name}/entry_points.txt", encoding="utf-8") as f:
                text = f.read()
        except (OSError, UnicodeDecodeError):
            continue
        if GROUP in text:
            yield name.removesuffix(".dist-info"), _entries(text)


def _entries(text: str) -> list[tuple[str, str]]:
    out = []
    for line in text.partition(GROUP)[2].splitlines()[1:]:
        if line.startswith("["):
            break
        name, eq, value = line.partition("=")
        if eq:
            out.append((name.strip(), value.strip()))
    return out


def _loose(folder: str) -> list[Found]:
    try:
        names = sorted(e.name for e in os.scandir(folder) if e.is_dir())
    except OSError:
        return []
    return [["", n, f"folder:{folder}", folder] for n in names if os.path.isfile(os.path.join(folder, n, MANIFEST))]


def stamp(path: str) -> list[int]:
    """Return what tells one state of a file from another."""
    try:
        st = os.stat(path)
    except OSError:
        return []
    return [st.st_mtime_ns, st.st_size, st.st_ino]


def close_stamp(path: str) -> list[int]:
    """Return a stamp that tells of a file's own change, too, which nobody can set back; links are not followed."""
    try:
        st = os.lstat(path)
    except OSError:
        return []
    return [st.st_mtime_ns, st.st_size, st.st_ino, st.st_ctime_ns, st.st_mode]


def _is_ours(descriptor: int) -> bool:
    """Tell whether nobody else could have written the index: it says what code is run."""
    if os.name != "posix":
        return True
    found = os.fstat(descriptor)
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


def key_of(where: list[str], found: list[Found], delivered: Delivered | None) -> dict[str, Any]:
    """Return what an index is made for."""
    told = list(delivered) if delivered and os.path.isfile(delivered.lock) else []
    return {"format": FORMAT, "api": API_VERSION, "where": where, "found": found, "delivered": told}


def _cached(cache: str, where: list[str], found: list[Found], delivered: Delivered | None) -> list[Record] | None:
    try:
        with open(cache, encoding="utf-8") as f:
            if not _is_ours(f.fileno()):
                return None
            old = json.load(f)
        if any(old[k] != v for k, v in key_of(where, found, delivered).items()):
            return None
        if any(stamp(path) != mark for path, mark in old["files"]) or any(
            close_stamp(path) != mark for path, mark in old["kept"]
        ):
            return None
        records: list[Record] = old["plugins"]
        if not all(isinstance(r["name"], str) and isinstance(r["dist"], str) for r in records):
            return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return records
