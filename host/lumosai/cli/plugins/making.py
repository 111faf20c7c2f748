"""Building as the command line does it: the SDK's builders, with the sandbox's help."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.plugins.compiling import UnfitComponentError, require_extra
from lumosai.cli.plugins.progress import Steps

if TYPE_CHECKING:
    from lumosai_sdk.building import Built


def make(folder: Path, out: Path | None, told: Steps, *, cache: Path | None = None, pack: bool = True) -> Built:
    """Build the plugin in *folder* into *out* (its ``dist``). Must not be called on an event loop.

    Raises BuildError, ManifestError, MissingToolError, MissingExtraError, and UnfitComponentError when what was built
    cannot run here.
    """
    require_extra()
    from lumosai_sandbox.building import Builder
    from lumosai_sandbox.engine.errors import EngineError
    from lumosai_sdk.building import build

    try:
        return build(folder, out=out, say=told, sandbox=Builder(cache), pack=pack)
    except EngineError as e:
        raise UnfitComponentError(f"what was built cannot run here: {e}") from None
