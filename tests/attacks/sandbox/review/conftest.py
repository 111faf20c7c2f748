"""What the attacks on the host's rights are made with, for those that a reviewer found later."""

from __future__ import annotations

from tests.attacks.sandbox.rights.conftest import other, plugin, web

__all__ = ["other", "plugin", "web"]
