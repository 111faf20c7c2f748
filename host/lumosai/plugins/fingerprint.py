"""What tells one state of an installed plugin from another."""

from __future__ import annotations

import json
import os

from lumosai.plugins.index import MANIFEST, Record, is_delivered, stamp

CODE = (".py", ".toml", ".wasm", ".json", ".so")
_MAX_FILES = 5000


def fingerprint(record: Record) -> str:
    """Return a value that changes when the plugin's distribution, manifest or code does."""
    if is_delivered(record):
        # What it holds is told by its hash; that it still does, by its error.
        return json.dumps([record["dist"], record["delivered"], record.get("error")], sort_keys=True)
    root = record.get("root")
    parts = [record["dist"], str(record.get("version")), str(record.get("error"))]
    if root:
        parts.append(str(stamp(os.path.join(root, MANIFEST))))
        parts.append(str(newest_code(root)))
    return "|".join(parts)


def newest_code(root: str) -> tuple[int, int]:
    """Return when the newest file of code below *root* was written, and how many there are."""
    newest = count = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [f for f in folders if f != "__pycache__" and not f.startswith(".")]
        for name in names:
            if name.endswith(CODE) and count < _MAX_FILES:
                count += 1
                mark = stamp(os.path.join(folder, name))
                newest = max(newest, mark[0] if mark else 0)
    return newest, count
