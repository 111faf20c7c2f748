"""WebAssembly plugins behind the SDK's Protocols; nothing of it is released yet."""

from __future__ import annotations

__all__: list[str] = []
