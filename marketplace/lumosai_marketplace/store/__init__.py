"""Installed plugins by the hash of their wheel."""

from __future__ import annotations

from lumosai_marketplace.store.folder import Store
from lumosai_marketplace.store.receipt import Receipt

__all__ = ["Receipt", "Store"]
