from __future__ import annotations

from tests.marketplace.stocked import client, stock

__all__ = ["client", "stock"]
