"""Components, compiled as the host compiles them: in a child with limits, and kept for the first call."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_sdk.errors import InputError, LumosError, MissingExtraError

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Artefact

MAX_BYTES = 256 * 1024 * 1024
LARGE = 512 * 1024


class UnfitComponentError(LumosError):
    """A file that cannot run here: malformed, no component, or asking for what no host offers."""

    code = "unfit"
    status = 422


def require_extra() -> None:
    """Raise MissingExtraError where the sandbox is not installed."""
    if find_spec("wasmtime") is None:
        raise MissingExtraError("the sandbox", "sandbox")


def component(name: str) -> Path:
    """Return the file somebody named. Raises InputError for none, or one that is too large to be looked at."""
    path = Path(name)
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as e:
        raise InputError(f"{name}: {e.strerror}") from None
    if size > MAX_BYTES:
        raise InputError(f"{name} has {size} bytes; at most {MAX_BYTES} are looked at")
    return path


def is_large(wasm: Path) -> bool:
    """Tell whether compiling takes long enough to be told."""
    return wasm.stat().st_size > LARGE


async def compiled(wasm: Path, cache: Path | None = None, told: Callable[[str], None] | None = None) -> Artefact:
    """Return compiled code and what the component is. Raises UnfitComponentError, MissingExtraError."""
    require_extra()
    from lumosai_sandbox.artefacts import prepare
    from lumosai_sandbox.engine.errors import EngineError

    try:
        return await prepare(wasm, cache=cache, progress=told)
    except EngineError as e:
        raise UnfitComponentError(f"{wasm.name} cannot run here: {e}") from None
