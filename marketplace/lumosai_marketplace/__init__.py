"""Signed plugins, published, found, verified and installed; nothing of it is released yet."""

from __future__ import annotations

__all__: list[str] = []
