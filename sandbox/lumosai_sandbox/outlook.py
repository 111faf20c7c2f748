"""What is known of a plugin's component without compiling it, or running any of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_sandbox.files import read_component
from lumosai_sandbox.policy import limits_of
from lumosai_sdk.types.sandbox import SandboxPolicy

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Shape


async def known_shape(record: Mapping[str, Any], root: Path, policy: SandboxPolicy) -> Shape | None:
    """Return what a component is if it was compiled here before. Raises PluginLoadError when it cannot be read."""
    return await asyncio.to_thread(_known, record, root, policy)


def _known(record: Mapping[str, Any], root: Path, policy: SandboxPolicy) -> Shape | None:
    from lumosai_sandbox.artefacts import cache
    from lumosai_sandbox.artefacts.folder import Folder
    from lumosai_sandbox.engine.engine import fingerprint

    where = cache.location(policy.cache)
    if not where.is_dir():
        return None
    wasm = read_component(record["name"], root, record["module"])
    made_for = fingerprint(fuel=limits_of(policy, record.get("limits", {})).fuel is not None)
    try:
        with Folder(where) as folder:
            found = cache.find(folder, hashlib.sha256(wasm).hexdigest(), made_for)
    except OSError:
        return None
    return None if found is None else found.shape
