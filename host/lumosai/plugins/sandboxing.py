"""How the configuration wants a sandboxed plugin to be held."""

from __future__ import annotations

from pathlib import Path

from lumosai.config.model import PluginConfig, SandboxConfig
from lumosai_sdk.types.sandbox import SandboxPolicy


def sandbox_policy(
    general: SandboxConfig, plugin: PluginConfig, base: Path, *, delivered: bool = False
) -> SandboxPolicy:
    """Return what ``[sandbox]`` says, and ``[plugins.<name>]`` more exactly; relative paths start at *base*.

    What a marketplace *delivered* runs in a jail unless its owner says otherwise of this very plugin.
    """
    return SandboxPolicy(
        tier=plugin.tier or ("jail" if delivered else general.tier),
        without_jail=general.without_jail,
        limits=plugin.limits.model_dump(exclude_none=True),
        ceilings=general.ceilings.model_dump(exclude_none=True),
        cache=None if general.cache is None else base / general.cache.expanduser(),
    )
