"""A plugin's component, read once and from inside of its package: what is checked is what runs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from lumosai_sdk.errors import PluginLoadError

MAX_COMPONENT = 64 * 1024 * 1024
"""Bytes."""


def read_component(plugin: str, root: Path, module: str) -> bytes:
    """Return the component's bytes. Raises PluginLoadError for one that lies outside of *root*, is no file, or is huge.

    To be called on another thread than the event loop's.
    """
    try:
        path = (root / module).resolve(strict=True)
        if not path.is_relative_to(root.resolve(strict=True)):
            raise PluginLoadError(plugin, module, "it lies outside of the plugin's package")
        # What another put in its place since: a link is not followed, a pipe not waited for.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            _check(plugin, module, os.fstat(descriptor))
            wasm = file.read(MAX_COMPONENT + 1)
    except OSError as e:
        raise PluginLoadError(plugin, module, e.strerror or "cannot be read", hint="lumos plugin build") from None
    if len(wasm) > MAX_COMPONENT:
        raise PluginLoadError(plugin, module, _too_large())
    return wasm


def _check(plugin: str, module: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise PluginLoadError(plugin, module, "it is no file")
    if found.st_size > MAX_COMPONENT:
        raise PluginLoadError(plugin, module, _too_large())


def _too_large() -> str:
    return f"it is larger than {MAX_COMPONENT // 1024 // 1024} MiB"
