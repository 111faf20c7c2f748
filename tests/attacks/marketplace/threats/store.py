"""Threat 19: a file that was changed in the store after it was verified."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.attacks.marketplace.threats.case import CASES, Case, case

from lumosai.config.load import load
from lumosai.plugins import index
from lumosai_marketplace.names import Name
from lumosai_marketplace.store.check import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.attacks.marketplace.threats.stage import Stage

NAME = Name("acme", "weather")


def folder(stage: Stage) -> Path:
    """Return where the files of the installed plugin lie."""
    locked = stage.owner.market.read_lock().plugins[NAME]
    return stage.owner.market.store.entry(locked.sha256) / "files" / "acme_weather"


def record(stage: Stage) -> dict[str, Any]:
    """Return what a host finds of the plugin when it starts."""
    (stage.owner.base / "lumos.toml").touch()
    loaded = load(stage.owner.base / "lumos.toml")
    return next(r for r in index.load(loaded.plugin_paths, delivered=loaded.delivered) if r["name"] == "weather")


def edited(file: Path) -> None:
    """Turn a bit, and set the times back."""
    before, data = file.stat(), file.read_bytes()
    file.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def linked(file: Path) -> None:
    """Put a link in the place of a file."""
    aside = file.parents[3] / f"aside-{file.name}"
    file.rename(aside)
    file.symlink_to(aside)


CHANGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "a component of which a bit was turned": ("plugin.wasm", edited),
    "a manifest of which a bit was turned": ("lumos-plugin.toml", edited),
    "a file that is gone": ("__init__.py", Path.unlink),
    "a link in a file's place": ("plugin.wasm", linked),
}


async def _changed(stage: Stage, file: str, how: Callable[[Path], None]) -> None:
    await stage.install()
    assert "error" not in record(stage)
    how(folder(stage) / file)
    stage.mark()
    found = record(stage)
    assert "contributes" not in found
    assert "lumos plugin install acme/weather" in found["error"]
    locked = stage.owner.market.read_lock().plugins[NAME]
    check(stage.owner.market.store, locked.sha256, locked.receipt)


async def _put_back(stage: Stage) -> None:
    """See it loaded again, once it was put back."""
    assert await stage.install("acme/weather") == "1.1.0"
    assert "error" not in record(stage)


CASES.extend(
    Case(19, what, "lock.changed", partial(_changed, file=file, how=how), _put_back)
    for what, (file, how) in CHANGES.items()
)


@case(19, "a store whose entry is gone", "lock.missing", _put_back)
async def _gone(stage: Stage) -> None:
    await stage.install()
    locked = stage.owner.market.read_lock().plugins[NAME]
    assert "error" not in record(stage)
    stage.owner.market.store.remove(locked.sha256)
    stage.mark()
    assert "is not there" in record(stage)["error"]
    check(stage.owner.market.store, locked.sha256, locked.receipt)
