"""The slow path of the index: find, parse and check every manifest. A bad plugin becomes a record with ``error``."""

from __future__ import annotations

import contextlib
import importlib.machinery
import json
import os
import sys
from collections.abc import Container
from itertools import chain, count
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet

from lumosai.plugins.index import MANIFEST, Delivered, Found, Record, is_built_in, key_of, stamp, survey
from lumosai_sdk.errors import ManifestError
from lumosai_sdk.manifest import Manifest
from lumosai_sdk.manifest import load as load_manifest
from lumosai_sdk.version import API_VERSION


def build(cache: str, found: list[Found], delivered: Delivered | None = None) -> list[Record]:
    """Return the records of *found*, and of what a marketplace delivered, and write them to *cache*."""
    records: list[Record] = []
    files: list[tuple[str, list[int]]] = []
    for entry in found:
        record = _record(*entry)
        records.append(record)
        if record.get("root"):
            path = os.path.join(record["root"], MANIFEST)
            files.append((path, stamp(path)))
    kept: list[tuple[str, list[int]]] = []
    if delivered is not None and os.path.isfile(delivered.lock):
        from lumosai.plugins.delivered import delivered_records

        files += [(path, stamp(path)) for path in (delivered.lock, delivered.revoked)]
        more, kept = delivered_records(delivered)
        records += more
    _mark_clashes(records)
    if any("root" not in r for r in records):
        return records  # nothing could be stamped that would tell when the missing package appears
    key = key_of(survey()[0], found, delivered)
    _write(cache, {**key, "files": files, "kept": kept, "plugins": records})
    return records


def _record(name: str, package: str, dist: str, folder: str) -> Record:
    record: Record = {"name": name or package, "package": package, "dist": dist, "folder": folder}
    try:
        root = _locate(package, folder)
        record["root"] = str(root)
        manifest = load_manifest(root / MANIFEST)
        record |= plain(manifest)
        record["error"] = problem(manifest, name)
    except ManifestError as e:
        record["error"] = f"{e.what}: {e.why}"
    except (OSError, ImportError, ValueError) as e:
        record["error"] = f"{type(e).__name__}: {e}"
    if not record["error"]:
        del record["error"]
    return record


def plain(manifest: Manifest) -> dict[str, Any]:
    """Return what a record has of a manifest."""
    data = manifest.model_dump(mode="json", exclude_none=True, by_alias=True)
    data["contributes"] = {k: v for k, v in data["contributes"].items() if v}
    return data


def problem(manifest: Manifest, entry_point: str) -> str | None:
    """Return why a plugin with this manifest cannot be one of this host, or None."""
    if API_VERSION not in SpecifierSet(manifest.api):
        return f"{MANIFEST}: api: needs SDK API {manifest.api}, this host offers {API_VERSION}"
    if entry_point and manifest.name != entry_point:
        return f"{MANIFEST}: name: is {manifest.name!r}, but the entry point is {entry_point!r}"
    return None


def _locate(package: str, folder: str) -> Path:
    """Find a package's folder without importing it or its parents (``find_spec`` would import the parents)."""
    parts = package.partition(":")[0].split(".")
    if not folder and not all(p.isidentifier() for p in parts):
        raise ValueError(f"{package!r} is no package's name")  # a part such as "/tmp/x" would lead there
    spec = importlib.machinery.PathFinder.find_spec(parts[0], [folder] if folder else None)
    if spec is None:
        spec = _from_editable_finders(parts[0])
    roots = [Path(base, *parts[1:]) for base in (spec.submodule_search_locations or ())] if spec else []
    if not roots:
        raise FileNotFoundError(f"there is no package {package!r} {f'in {folder}' if folder else 'on sys.path'}")
    return next((r for r in roots if (r / MANIFEST).is_file()), roots[0])


def _from_editable_finders(name: str) -> importlib.machinery.ModuleSpec | None:
    """Ask the finders that editable installs put on ``sys.meta_path``."""
    for finder in sys.meta_path:
        if getattr(finder, "__name__", type(finder).__name__) in {"PathFinder", "BuiltinImporter", "FrozenImporter"}:
            continue
        with contextlib.suppress(Exception):
            if spec := finder.find_spec(name, None):
                return spec
    return None


def _mark_clashes(records: list[Record]) -> None:
    """Let one record hold each name; the others are broken, and named with their distribution."""
    first: dict[str, Record] = {}
    # A stranger takes no built-in's name, and one that cannot run keeps none from one that can.
    for record in sorted(records, key=lambda r: (not is_built_in(r), "error" in r)):
        name, dist = record["name"], record["dist"]
        other = first.setdefault(name, record)
        if other is not record:
            record["error"] = (
                f"the name {name!r} and its ids are already taken by {other['dist']}; "
                f"uninstall {dist} or {other['dist']}"
            )
            record["name"] = _free(f"{name} ({dist})", first)
            first[record["name"]] = record


def _free(name: str, taken: Container[str]) -> str:
    return next(n for n in chain([name], (f"{name} {i}" for i in count(2))) if n not in taken)


def _write(cache: str, data: dict[str, Any]) -> None:
    # A cache that cannot be written costs time at the next start, nothing else.
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(cache), mode=0o700, exist_ok=True)
        temporary = f"{cache}.{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        # Whatever the umask: an index that others may write is not believed.
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as f:
            json.dump(data, f)
        os.replace(temporary, cache)
