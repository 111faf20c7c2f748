"""What is told of an installed sandboxed plugin: where it runs, what it may use, and whether its component is right."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.plugins.tiers import decided, policy
from lumosai.config.load import Loaded
from lumosai.plugins.index import is_delivered
from lumosai_sdk.errors import LumosError, PluginLoadError

if TYPE_CHECKING:
    from lumosai_sdk.types.sandbox import SandboxPolicy

_COMPONENT = b"\0asm\x0d\x00\x01\x00"
_MIB = 1024 * 1024


def held(record: Mapping[str, Any], loaded: Loaded) -> dict[str, Any]:
    """Return ``{"tier", "why", "limits"}`` of a plugin of the runtime ``wasm``. Its component is not read.

    The tier is that of a component made for LumosAI; any other runs in a jail or not at all. Raises MissingExtraError.
    """
    from lumosai.cli.plugins.compiling import require_extra

    require_extra()
    from lumosai_sandbox.artefacts import Shape
    from lumosai_sandbox.policy import limits_of

    how = policy_of(record, loaded)
    size = _size(Path(record["root"], record["module"]))
    tier, why = decided(Shape((), (), ours=True, wasi=False), how)
    return {"tier": tier, "why": why, "limits": limits_of(how, record.get("limits", {}), size).to_json()}


def policy_of(record: Mapping[str, Any], loaded: Loaded) -> SandboxPolicy:
    """Return how the owner wants the plugin held."""
    return policy(loaded, loaded.config.plugins.get(record["name"]), delivered=is_delivered(record))


async def interfaces(record: Mapping[str, Any], loaded: Loaded) -> dict[str, list[str]]:
    """Return ``imports`` and ``exports`` of a component that was compiled here before; ``{}`` for any other plugin."""
    if record.get("runtime") != "wasm" or find_spec("wasmtime") is None:
        return {}
    from lumosai_sandbox.outlook import known_shape

    try:
        shape = await known_shape(record, Path(record["root"]), policy_of(record, loaded))
    except LumosError:  # which is told with the tier, or on the first call
        return {}
    return {} if shape is None else {"imports": list(shape.imports), "exports": list(shape.exports)}


def limits_in_words(limits: Mapping[str, Any]) -> str:
    """Return the limits people ask about, on one line."""
    return (
        f"{limits['memory'] / _MIB:g} MiB of memory, {limits['wall']:g} s, {limits['cpu']:g} s of processor time, "
        f"{limits['concurrency']} calls at once"
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


async def examine(record: Mapping[str, Any], how: SandboxPolicy, *, deep: bool) -> None:
    """Look at a plugin's component; *deep* compiles it and holds it against the manifest. Nothing of it runs.

    Raises PluginLoadError, MissingExtraError.
    """
    from lumosai.cli.plugins.compiling import UnfitComponentError, compiled, require_extra

    require_extra()
    from lumosai_sandbox.files import read_component
    from lumosai_sandbox.fit import check

    name, root, module = record["name"], Path(record["root"]), record["module"]
    wasm = read_component(name, root, module)
    if not wasm.startswith(_COMPONENT):
        raise PluginLoadError(name, module, "it is no WebAssembly component", hint="lumos plugin build")
    if not deep:
        return
    try:
        shape = (await compiled(root / module, how.cache)).shape
    except UnfitComponentError as e:
        raise PluginLoadError(name, module, e.message) from None
    check(name, module, shape, record)
    tier, why = decided(shape, how)
    if tier == "refused":
        raise PluginLoadError(name, module, why)


def failed(error: LumosError) -> str:
    """Return why something cannot be told, on one line."""
    return error.message if error.hint is None else f"{error.message} ({error.hint})"
