"""From a folder of sources to a component, and from that to a wheel: what ``lumos plugin build`` and ``new`` do."""

from __future__ import annotations

from lumosai_sdk.building.build import Built, build
from lumosai_sdk.building.scaffold import LANGUAGES, scaffold
from lumosai_sdk.building.steps import BuildError, Sandbox

__all__ = ["LANGUAGES", "BuildError", "Built", "Sandbox", "build", "scaffold"]
