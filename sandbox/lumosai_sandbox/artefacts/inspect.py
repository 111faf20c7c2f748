"""What a component would need: for ``lumos plugin inspect``, and for who reviews one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lumosai_sandbox.artefacts.preparing import Progress, prepare
from lumosai_sandbox.artefacts.shape import Shape
from lumosai_sandbox.engine.component import interface_of

# Our interfaces to the keys of [permissions]; log, config and events need none.
_PERMISSIONS = {"model": "models"} | {
    k: k for k in ("clock", "env", "files", "http", "kv", "random", "secrets", "tools")
}
_WASI = {
    "wasi:cli": "without arguments, variables or terminal; what it prints is dropped",
    "wasi:clocks": "the time, and sleeping within the call's own time",
    "wasi:filesystem": "without any folder",
    "wasi:http": "not offered: a call that uses it fails",
    "wasi:io": "without anything to read or write",
    "wasi:random": "random numbers",
    "wasi:sockets": "without a network: every connection is refused",
}


@dataclass(frozen=True, slots=True)
class Rights:
    """What a component asks for.

    ``permissions`` are the keys its manifest must have under ``[permissions]``; ``free`` the interfaces of the contract
    that need none; ``wasi`` the WASI packages it imports, each with what it gets there; ``refused`` are imports that
    nobody offers.
    """

    permissions: tuple[str, ...]
    free: tuple[str, ...]
    wasi: tuple[tuple[str, str], ...]
    refused: tuple[str, ...]


async def inspect(wasm: Path | bytes, *, cache: Path | None = None, progress: Progress | None = None) -> Shape:
    """Return what a component imports and exports. Nothing of it runs. Raises UnfitError as ``prepare``."""
    return (await prepare(wasm, cache=cache, progress=progress)).shape


def rights(shape: Shape) -> Rights:
    """Return what a component of this shape needs to be granted, and what it will not get."""
    ours = [i for n in shape.imports if n not in shape.unmet and (i := interface_of(n)) is not None]
    packages = sorted({n.partition("/")[0] for n in shape.imports if n.startswith("wasi:") and n not in shape.unmet})
    return Rights(
        permissions=tuple(sorted(_PERMISSIONS[i] for i in ours if i in _PERMISSIONS)),
        free=tuple(sorted(i for i in ours if i not in _PERMISSIONS)),
        wasi=tuple((p, _WASI.get(p.partition("@")[0], "not offered: a call that uses it fails")) for p in packages),
        refused=shape.unmet,
    )
