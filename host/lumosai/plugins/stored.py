"""Imports trusted Python plugins from the store: what is compiled is what was verified, and nothing beside it.

The store never stands on ``sys.path``, nothing is read from or written to ``__pycache__``, and a module that the
receipt does not name is not there.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from types import CodeType, ModuleType
from typing import Any

from lumosai_sdk.errors import PluginLoadError


class _Loader(importlib.machinery.SourceFileLoader):
    """Compiles a file whose hash is known."""

    def __init__(self, name: str, path: str, sha256: str) -> None:
        super().__init__(name, path)
        self._sha256 = sha256

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the file as it was verified. Raises ImportError when it is another now."""
        path = self.get_filename(fullname)
        source = self.get_data(path)
        if hashlib.sha256(source).hexdigest() != self._sha256:
            raise ImportError(f"{path} was changed after it was verified; lumos plugin install", name=fullname)
        code: CodeType = self.source_to_code(source, path)
        return code


class StoreFinder(MetaPathFinder):
    """Finds the modules of the packages that were shown to it."""

    def __init__(self) -> None:
        self._packages: dict[str, tuple[str, Mapping[str, str]]] = {}

    def add(self, package: str, root: str, hashes: Mapping[str, str]) -> None:
        """Let *package* be imported from the folder *root*, whose files have these *hashes*."""
        self._packages[package] = (root, hashes)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the import system's own signature
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """Return where a module of such a package is."""
        package, _, rest = fullname.partition(".")
        if package not in self._packages:
            return None
        root, hashes = self._packages[package]
        stem = rest.replace(".", "/")
        for file, is_package in ((f"{stem}/__init__.py".lstrip("/"), True), (f"{stem}.py", False)):
            if file in hashes:
                return _spec(fullname, os.path.join(root, file), hashes[file], is_package=is_package)
        return None


def _spec(name: str, path: str, sha256: str, *, is_package: bool) -> importlib.machinery.ModuleSpec:
    spec = importlib.machinery.ModuleSpec(name, _Loader(name, path, sha256), origin=path, is_package=is_package)
    # A package without a search path: no other finder looks for more of it in the folder.
    spec.has_location = True
    return spec


_FINDER = StoreFinder()


def make_stored_importable(record: Mapping[str, Any]) -> None:
    """Let the package of a delivered plugin be imported. Raises PluginLoadError when its name is another package's."""
    package: str = record["package"]
    if not package.isidentifier():
        raise PluginLoadError(record["name"], f"package {package!r}", "a plugin of the store is one top-level package")
    if package in sys.stdlib_module_names or importlib.machinery.PathFinder.find_spec(package) is not None:
        raise PluginLoadError(record["name"], f"package {package!r}", "another package of that name is installed")
    _FINDER.add(package, record["root"], record["hashes"])
    if _FINDER not in sys.meta_path:
        sys.meta_path.append(_FINDER)
