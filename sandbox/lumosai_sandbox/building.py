"""What building a plugin takes of the sandbox: making components of core modules, and asking one what it is."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lumosai_sandbox.artefacts import prepare
from lumosai_sandbox.componentize import componentize
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.inprocess import InProcess
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk import wire
from lumosai_sdk.building import BuildError
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.types.caller import NOBODY, Caller

DESCRIBE = "plugin.describe"
_MOST_LINES = 50
_LONGEST_LINE = 500
_LIMITS = Limits(wall=10.0, cpu=5.0, memory=256 * MIB, memories=4)


class Builder:
    """Meets ``lumosai_sdk.building.Sandbox``. It runs only what was built here from sources that are here."""

    def __init__(self, cache: Path | None = None) -> None:
        """Keep compiled code in *cache*, None for the user's own."""
        self._cache = cache

    def componentize(self, core: bytes) -> bytes:
        """Return a core module as a component. Raises UnfitError in words."""
        return componentize(core)

    def describe(self, wasm: Path) -> Mapping[str, Any]:
        """Return what a component says of itself, ``{}`` for one that has no ``plugin.describe``. Raises LumosError."""
        return asyncio.run(self._describe(wasm))

    async def _describe(self, wasm: Path) -> Mapping[str, Any]:
        artefact = await prepare(wasm, cache=self._cache)
        with artefact.loadable() as path:
            guest = Guest.from_file(shared(), path)
        logged: list[str] = []
        runner = InProcess(wasm.stem, guest, _LIMITS, _Unborn(logged))
        try:
            if DESCRIBE not in runner.exports:
                return {}
            said = wire.loads(await runner.call(DESCRIBE, caller=NOBODY))
        except GuestError as e:
            raise BuildError("\n".join([f"the plugin cannot say what it is: {e.message}", *logged])) from None
        finally:
            await runner.aclose()
        if not isinstance(said, dict):
            raise InputError(f"{DESCRIBE} returned {type(said).__name__}, and not an object")
        return said


class _Unborn:
    """A plugin that is being built has no rights; what it logs is kept, should it fail."""

    def __init__(self, logged: list[str]) -> None:
        self._logged = logged

    async def __call__(self, function: str, texts: tuple[str, ...], caller: Caller) -> str:  # noqa: ARG002
        if function != "log.write":
            raise PermissionDeniedError(f"{function}: a plugin that is being built has no rights")
        if len(self._logged) < _MOST_LINES and len(texts) > 1:
            self._logged.append(texts[1][:_LONGEST_LINE])
        return "null"
