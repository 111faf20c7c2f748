"""Where a component would run on this machine, by the owner's policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumosai.config.load import Loaded
from lumosai.config.model import PluginConfig
from lumosai.plugins.sandboxing import sandbox_policy
from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.types.sandbox import SandboxPolicy

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Shape


def policy(loaded: Loaded, plugin: PluginConfig | None = None, *, delivered: bool = False) -> SandboxPolicy:
    """Return how a component is held: as ``[sandbox]`` says, and *plugin* more exactly."""
    return sandbox_policy(loaded.config.sandbox, plugin or PluginConfig(), loaded.base, delivered=delivered)


def decided(shape: Shape, held: SandboxPolicy) -> tuple[str, str]:
    """Return ``jail``, ``process`` or ``refused``, and why."""
    from lumosai_sandbox.jail import supported
    from lumosai_sandbox.policy import decide

    try:
        decision = decide(shape, held, supported())
    except PermissionDeniedError as e:
        return "refused", e.message
    return decision.tier, decision.why
