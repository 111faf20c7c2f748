"""``files``: in the folders the owner granted, and nowhere else."""

from __future__ import annotations

from lumosai_sandbox.capabilities.files.functions import Files

__all__ = ["Files"]
