"""What a plugin may ask its host for, held against its rights: one module a right, the same for guests and natives."""

from __future__ import annotations

from lumosai_sandbox.capabilities.table import Capabilities

__all__ = ["Capabilities"]
