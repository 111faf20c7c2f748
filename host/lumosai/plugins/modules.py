"""The modules of a plugin that is swapped or removed."""

from __future__ import annotations

import os
import sys
from types import ModuleType

from lumosai.plugins.index import Record

_HOST = frozenset({"lumosai", "lumosai_sdk"})


def forget(record: Record) -> dict[str, ModuleType]:
    """Make the next import of a plugin's package read its code anew. Code that runs keeps the modules it has.

    Returns what was forgotten. A record that is wrong has run nothing and owns nothing; and whatever a plugin says its
    package is, only modules below its own folder are its own.
    """
    name, root = record["package"].partition(":")[0], record.get("root")
    top = name.partition(".")[0]
    if "error" in record or not root or top in _HOST or top in sys.stdlib_module_names:
        return {}
    below = os.path.join(os.path.realpath(root), "")
    names = [m for m in list(sys.modules) if m == name or m.startswith(f"{name}.")]
    return {m: sys.modules.pop(m) for m in names if _place(sys.modules[m]).startswith(below)}


def _place(module: ModuleType) -> str:
    """Return the file of a module, or the folder of a package without one."""
    file = getattr(module, "__file__", None)
    folders = list(getattr(module, "__path__", ()))
    if isinstance(file, str):
        return os.path.realpath(file)
    return os.path.join(os.path.realpath(folders[0]), "") if folders else ""
